import { setTimeout as delay } from 'node:timers/promises';
import type { HeadlessMachine } from '../../src/headless/machine.ts';
import { Terrarium } from '../../src/headless/terrarium.ts';
import { startNodeMachine } from '../../src/machine/node-endpoint.ts';
import { openImage, serveMachine } from '../our-machine.ts';
import type { ExecTimes, ExecWork, RunnerParts } from '../runner-protocol.ts';
import { TYPED } from '../output-watch.ts';

/** Nobody types faster. */
const TYPING_PAUSE_MS = 20;
const GUEST_FILE = '/root/transferred';

/** Commands in a machine of the headless interface, as a Node program would run them; the echo on a machine's console. */
export async function execOurs(parts: RunnerParts, home: string, imageId: string, work: ExecWork): Promise<ExecTimes> {
  const { library, image } = await openImage(home, imageId);
  const terrarium = Terrarium.over(library, parts);
  // Once before: compiling the emulator is part of the process's start, which `run` measures.
  (await startNodeMachine(parts)).client.dispose();
  try {
    const began = performance.now();
    const machine = await terrarium.launch(image.id);
    const first = await machine.exec(['echo', 'x']);
    const reader = first.stdout.getReader();
    await reader.read();
    const forkToByteMs = performance.now() - began;
    await reader.cancel();
    await first.result;

    const freshCommandMs = await commandTimes(machine, work.rounds);
    const commandMs = await commandTimes(machine, work.rounds);
    const importMs = await timed(() => machine.copyIn(work.inputPath, GUEST_FILE));
    const exportMs = await timed(() => machine.copyOut(GUEST_FILE, work.outputPath));
    await machine.close();
    return {
      forkToByteMs,
      freshCommandMs,
      commandMs,
      importMs,
      exportMs,
      echoMs: await echoes(parts, home, imageId, work.rounds),
    };
  } finally {
    await terrarium.close();
  }
}

async function commandTimes(machine: HeadlessMachine, rounds: number): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const at = performance.now();
    const { exitCode } = await machine.run(['true']);
    if (exitCode !== 0) throw new Error(`true ended with ${exitCode}`);
    times.push(performance.now() - at);
  }
  return times;
}

/** From a character to its echo. */
async function echoes(parts: RunnerParts, home: string, imageId: string, rounds: number): Promise<number[]> {
  const { library, image } = await openImage(home, imageId);
  const machine = serveMachine(await startNodeMachine(parts), library, image, await library.states.get(image.base));
  await machine.start();
  await machine.attach();
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await delay(TYPING_PAUSE_MS);
    const echo = machine.terminal.see(TYPED);
    const at = performance.now();
    machine.client.input(0, new TextEncoder().encode(TYPED));
    await echo;
    times.push(performance.now() - at);
  }
  machine.dispose();
  await library.close();
  return times;
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}
