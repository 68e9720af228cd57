/** The process in which a benchmark's machines run; see runner.ts. */
import { setTimeout as delay } from 'node:timers/promises';
import { execOurs } from './exec/our-commands.ts';
import { execPlain } from './exec/plain-commands.ts';
import { typedOurs, typedPlain } from './image/typed-command.ts';
import { captureLineage } from './library/capture.ts';
import { measurePauses } from './library/pauses.ts';
import { bootOurs, launchOurs } from './our-machine.ts';
import { adoptPlain, launchPlain, savePlain } from './plain-machine.ts';
import type { Job, JobValue, RunnerAnswer, RunnerParts, RunnerRequest } from './runner-protocol.ts';

/** After a machine's end: its memory is given back and nothing of it runs any more. */
const CALM_MS = 500;

let parts: RunnerParts | null = null;

async function carryOut(request: RunnerRequest): Promise<unknown> {
  if (request.t === 'parts') {
    parts = request.parts;
    return null;
  }
  if (!parts) throw new Error('the runner was given no parts');
  return runJob(request.job, parts);
}

async function runJob(job: Job, given: RunnerParts): Promise<JobValue<Job['kind']>> {
  switch (job.kind) {
    case 'boot': {
      const booted = await bootOurs(given, job.home, job.imageId);
      booted.dispose();
      await delay(CALM_MS);
      return booted.times;
    }
    case 'launch': {
      const launched = await launchOurs(given, job);
      launched.dispose();
      await delay(CALM_MS);
      return launched.times;
    }
    case 'plain-save':
      return savePlain(given, job.machine);
    case 'plain-adopt':
      return adoptPlain(given, job.machine, job.rawPath);
    case 'capture':
      return captureLineage(given, job);
    case 'pauses':
      return measurePauses(given, job);
    case 'plain-launch': {
      const launched = await launchPlain(given, job.machine, job.prepared);
      launched.dispose();
      await delay(CALM_MS);
      return launched.times;
    }
    case 'typed': {
      const ms = await typedOurs(given, job);
      await delay(CALM_MS);
      return { ms };
    }
    case 'plain-typed': {
      const ms = await typedPlain(given, job.machine, job.command);
      await delay(CALM_MS);
      return { ms };
    }
    case 'exec': {
      const times = await execOurs(given, job.home, job.imageId, job.work);
      await delay(CALM_MS);
      return times;
    }
    case 'plain-exec': {
      const times = await execPlain(given, job.machine, job.work);
      await delay(CALM_MS);
      return times;
    }
    case 'idle':
      return beIdle(given, job);
  }
}

async function beIdle(given: RunnerParts, { who, windows }: Extract<Job, { kind: 'idle' }>): Promise<JobValue<'idle'>> {
  const { dispose } =
    who.kind === 'ours'
      ? await launchOurs(given, { home: who.home, imageId: who.imageId, prepared: false, stateId: null })
      : await launchPlain(given, who.machine, false);
  const launchedAt = performance.now();
  const until = (atMs: number): Promise<void> => delay(launchedAt + atMs - performance.now());
  const cpuPercents: number[] = [];
  for (const { fromMs, toMs } of windows) {
    await until(fromMs);
    const began = performance.now();
    const before = process.cpuUsage();
    await until(toMs);
    const { user, system } = process.cpuUsage(before);
    // Microseconds of CPU in milliseconds of time, as a percentage.
    cpuPercents.push((user + system) / 10 / (performance.now() - began));
  }
  const rssMib = process.memoryUsage.rss() / 2 ** 20;
  dispose();
  return { cpuPercents, rssMib };
}

function answer(message: RunnerAnswer): void {
  process.send?.(message);
}

process.on('message', (message) => {
  carryOut(message as RunnerRequest).then(
    (value) => answer({ t: 'done', value }),
    (cause: unknown) =>
      answer({ t: 'failed', message: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) }),
  );
});
