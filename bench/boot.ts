import { FailureError } from '../src/shared/result.ts';
import { tinyImage, tinyVariant, type BenchImage } from './bench-images.ts';
import type { Measurement } from './figure.ts';
import { interleave } from './interleave.ts';
import { Runner } from './runner.ts';

const RUNS = 5;
const BASELINE = 'tiny with the distribution’s own kernel and its modules in an initrd, same machine, cold boot';

/**
 * Cold boot of `tiny`: from the request to start until the first prompt on terminal 0. That it
 * could be used is the second event: the agent has greeted.
 */
export async function benchBoot(runs: number | null): Promise<Measurement[]> {
  const tuned = await tinyImage();
  if (tuned.manifest.kernel.kind !== 'tuned') {
    throw new FailureError(
      'unsupported',
      'The tuned kernel cannot be built here, so there is nothing to compare. `npm run setup` says why.',
    );
  }
  const distro = await tinyVariant('bench-distro', { kernel: 'distro', memoryMib: tuned.manifest.memoryMib });
  const runner = await Runner.start();
  try {
    const boot =
      ({ home, manifest }: BenchImage) =>
      () =>
        runner.run({ kind: 'boot', home, imageId: manifest.id });
    const { ours, baseline } = await interleave(runs ?? RUNS, boot(tuned), boot(distro), (run, a, b) => {
      const counted = run === 0 ? 'not counted' : `run ${run}`;
      process.stderr.write(`boot, ${counted}: ${a.promptMs.toFixed(0)} ms, distro ${b.promptMs.toFixed(0)} ms\n`);
    });
    const shared = { unit: 'ms', baselineIs: BASELINE };
    return [
      {
        ...shared,
        name: 'cold-boot',
        ours: ours.map(({ promptMs }) => promptMs),
        baseline: baseline.map(({ promptMs }) => promptMs),
        goal: '<=0.25',
      },
      {
        ...shared,
        name: 'agent-ready',
        ours: ours.map(({ agentMs }) => agentMs),
        baseline: baseline.map(({ agentMs }) => agentMs),
        goal: null,
      },
    ];
  } finally {
    await runner.stop();
  }
}
