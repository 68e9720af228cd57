import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startNodeMachine } from '../../src/machine/node-endpoint.ts';
import { machineConfig } from '../../src/shared/model/machine-config.ts';
import { parseStateId, type StateId } from '../../src/shared/model/ids.ts';
import { unwrap } from '../../src/shared/result.ts';
import { openImage, serveMachine } from '../our-machine.ts';
import { PROMPT } from '../output-watch.ts';
import type { CaptureJob, RunnerParts } from '../runner-protocol.ts';
import { runInGuest } from './guest-shell.ts';
import type { LineageState } from './lineage.ts';
import { LINEAGE_STEPS, PACKAGES_FOLDER } from './lineage-steps.ts';
import { withRawCopy } from './raw-copy.ts';

const AGENT_PATIENCE_MS = 60_000;

/** Makes the lineage: one machine, launched from its base snapshot, saved as the app saves it after each step. */
export async function captureLineage(parts: RunnerParts, request: CaptureJob): Promise<LineageState[]> {
  const { library, image } = await openImage(request.home, request.imageId);
  const config = machineConfig(image);
  const states: LineageState[] = [];
  const rawPath = (): string => path.join(request.rawFolder, `state-${states.length}.bin`);
  const base = await library.states.get(image.base);
  let parent: StateId | null = null;
  const machine = serveMachine(await startNodeMachine(parts), library, image, base, async (wish) => {
    const draft = { ...wish, kind: 'snapshot', vmId: null, vmName: image.name, config, parent } as const;
    return withRawCopy(await library.saveState(draft), rawPath());
  });
  try {
    await machine.start();
    await machine.attach();
    // A prompt drawn anew shows that the shell reads.
    const prompt = machine.terminal.see(PROMPT);
    machine.client.input(0, new TextEncoder().encode('\n'));
    await prompt;
    await machine.client.request('agentReady', { timeoutMs: AGENT_PATIENCE_MS });
    for (const { name, bringsPackages, commands, idleMs } of LINEAGE_STEPS) {
      if (bringsPackages) await bringIn(machine.client, request.packages);
      for (const command of commands) await runInGuest(machine.client, command);
      if (idleMs > 0) await delay(idleMs);
      const began = performance.now();
      const report = await machine.client.request('save', { kind: 'snapshot', content: 'full', name });
      const savedMs = performance.now() - began;
      const manifest = await library.states.get(unwrap(parseStateId(report.receipt.stateId ?? '')));
      states.push({ name, rawPath: rawPath(), manifest, pauseMs: report.pauseMs, savedMs });
      parent = manifest.id;
      process.stderr.write(`state “${name}”: ${describe(manifest.sizeBytes, report.pauseMs, savedMs)}\n`);
    }
    return states;
  } finally {
    machine.dispose();
    await library.close();
  }
}

async function bringIn(client: ReturnType<typeof serveMachine>['client'], packages: readonly string[]): Promise<void> {
  for (const [index, file] of packages.entries()) {
    // Numbered, so that the guest's shell lists them in this order.
    const guestPath = `${PACKAGES_FOLDER}/${index}-${path.basename(file)}`;
    if (index === 0) await runInGuest(client, `mkdir -p ${PACKAGES_FOLDER}`);
    await client.request('writeFile', { guestPath, bytes: new Uint8Array(await readFile(file)), mode: 0o644 });
  }
}

function describe(sizeBytes: number, pauseMs: number, savedMs: number): string {
  return `${(sizeBytes / 1e6).toFixed(1)} MB, the guest stood still for ${pauseMs.toFixed(0)} ms, saved in ${savedMs.toFixed(0)} ms`;
}
