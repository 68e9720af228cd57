import { randomBytes } from 'node:crypto';
import { Library } from '../src/library/library.ts';
import { serveLibraryMachine, type LibraryMachineOptions } from '../src/library/library-machine.ts';
import { prepareNodeMachine, startNodeMachine, type NodeMachine } from '../src/machine/node-endpoint.ts';
import type { StartOptions } from '../src/machine/protocol.ts';
import { parseImageId, parseStateId } from '../src/shared/model/ids.ts';
import type { ImageManifest } from '../src/shared/model/image.ts';
import { VGA_MEMORY_MIB } from '../src/shared/model/machine-config.ts';
import type { StateManifest } from '../src/shared/model/state.ts';
import { unwrap } from '../src/shared/result.ts';
import { OutputWatch, PROMPT, TYPED } from './output-watch.ts';
import type { LaunchJob, LaunchTimes, RunnerParts } from './runner-protocol.ts';

const BOOT_TIMEOUT_MS = 180_000;
const SIZE = { columns: 80, rows: 25 };

export interface Running<Times> {
  readonly times: Times;
  dispose(): void;
}

/** A machine whose terminal is watched. */
export interface TypedAt {
  readonly terminal: OutputWatch;
  type(text: string): void;
}

/** Cold: from the request to start to the first prompt on terminal 0, and to the agent's greeting. */
export async function bootOurs(
  parts: RunnerParts,
  home: string,
  imageId: string,
): Promise<Running<{ promptMs: number; agentMs: number }>> {
  const { library, image } = await openImage(home, imageId);
  const machine = serveMachine(await startNodeMachine(parts), library, image, null);
  const began = performance.now();
  await machine.start();
  const agent = machine.client
    .request('agentReady', { timeoutMs: BOOT_TIMEOUT_MS })
    .then(() => performance.now() - began);
  const prompt = machine.terminal.see(PROMPT).then(() => performance.now() - began);
  await machine.attach();
  const [promptMs, agentMs] = await Promise.all([prompt, agent]);
  return { times: { promptMs, agentMs }, dispose: machine.dispose };
}

/**
 * As the app launches a VM: manifest read, state fetched, verified and restored, terminal attached.
 * @param prepared with the spare machine that the app keeps ready; else the worker is created too
 * @param stateId a snapshot to launch from; the image's base snapshot when it is null
 */
export async function launchOurs(
  parts: RunnerParts,
  { home, imageId, prepared, stateId }: LaunchJob,
): Promise<Running<LaunchTimes> & TypedAt> {
  const { library, image } = await openImage(home, imageId);
  const size = { memoryMib: image.memoryMib, vgaMemoryMib: VGA_MEMORY_MIB };
  const spare = prepared ? await prepareNodeMachine(parts, size) : null;
  const began = performance.now();
  const state = await library.states.get(stateId === null ? image.base : unwrap(parseStateId(stateId)));
  const machine = serveMachine(spare ? spare() : await startNodeMachine(parts), library, image, state);
  await machine.start();
  const runningMs = performance.now() - began;
  await machine.attach();
  const echo = machine.terminal.see(TYPED);
  const type = (text: string): void => machine.client.input(0, new TextEncoder().encode(text));
  type(TYPED);
  await echo;
  const times = { echoMs: performance.now() - began, runningMs };
  return { times, terminal: machine.terminal, type, dispose: machine.dispose };
}

export async function openImage(home: string, imageId: string): Promise<{ library: Library; image: ImageManifest }> {
  const library = await Library.join(home, { now: Date.now, randomBytes: (count) => randomBytes(count) });
  return { library, image: await library.images.get(unwrap(parseImageId(imageId))) };
}

/** A machine that has not been started, with everything it asks of its library. */
export function serveMachine(
  prepared: NodeMachine,
  library: Library,
  image: ImageManifest,
  start: StateManifest | null,
  saveState?: NonNullable<LibraryMachineOptions['saveState']>,
) {
  const machine = serveLibraryMachine(prepared, { library, image, start, ...(saveState && { saveState }) });
  const { client } = machine;
  const terminal = new OutputWatch();
  client.onEvent((event) => {
    if (event.kind === 'crashed' || event.kind === 'problem') terminal.fail(event.message);
  });
  return {
    client,
    terminal,
    attach: () =>
      client.attach(0, {
        write: (bytes, drawn) => {
          terminal.push(bytes);
          drawn();
        },
      }),
    start: (more?: Partial<StartOptions>) => machine.start(SIZE, more),
    dispose: () => machine.dispose(),
  };
}
