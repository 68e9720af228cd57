import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { startNodeMachine } from '../../src/machine/node-endpoint.ts';
import { machineConfig } from '../../src/shared/model/machine-config.ts';
import { parseStateId } from '../../src/shared/model/ids.ts';
import { unwrap } from '../../src/shared/result.ts';
import { openImage, serveMachine } from '../our-machine.ts';
import { OutputWatch, TYPED } from '../output-watch.ts';
import type { PlainCommand, PlainNews } from '../plain-protocol.ts';
import type { PausesJob, RunnerParts } from '../runner-protocol.ts';

/**
 * What the guest does meanwhile: writes here and there into 48 MB, writes a file, and says so each time. The character
 * it says it with is not in the command, which the terminal echoes.
 */
const WORK = [
  'import random',
  'memory = bytearray(48000000)',
  'tick = chr(0x25)',
  'exec("while True:\\n for i in range(2000): memory[random.randrange(48000000)] = random.randrange(256)' +
    '\\n open(\\"/root/pass\\", \\"wb\\").write(memory[:200000])\\n print(tick, flush=True)")',
].join('; ');
const COMMAND = new TextEncoder().encode(`python3 -c '${WORK}'\n`);
/** Passes before the first save: Python is loaded, its memory is there. */
const PASSES_BEFORE = 3;

/** A machine with the working guest. While one is measured the other stands still, for it would take its core. */
interface WorkingGuest {
  go(): Promise<void>;
  /** Until it has done another pass. */
  works(): Promise<void>;
  /** @returns how long the guest stood still */
  save(): Promise<number>;
  halt(): Promise<void>;
  dispose(): void;
}

/** Saves the same guest in turns by both ways. The first of each is not counted. */
export async function measurePauses(
  parts: RunnerParts,
  job: PausesJob,
): Promise<{ oursMs: readonly number[]; plainMs: readonly number[] }> {
  const ours = await ourGuest(parts, job);
  await ours.halt();
  const plain = await plainGuest(parts, job);
  await plain.halt();
  const oursMs: number[] = [];
  const plainMs: number[] = [];
  for (let round = 0; round <= job.rounds; round += 1) {
    const [a, b] = [await savedOnce(ours), await savedOnce(plain)];
    process.stderr.write(
      `pause ${round === 0 ? '(not counted)' : round}: ${a.toFixed(0)} ms, plain ${b.toFixed(0)} ms\n`,
    );
    if (round === 0) continue;
    oursMs.push(a);
    plainMs.push(b);
  }
  ours.dispose();
  plain.dispose();
  return { oursMs, plainMs };
}

async function savedOnce(guest: WorkingGuest): Promise<number> {
  await guest.go();
  await guest.works();
  const pauseMs = await guest.save();
  await guest.halt();
  return pauseMs;
}

async function ourGuest(parts: RunnerParts, { home, imageId, stateId }: PausesJob): Promise<WorkingGuest> {
  const { library, image } = await openImage(home, imageId);
  const state = await library.states.get(unwrap(parseStateId(stateId)));
  const machine = serveMachine(await startNodeMachine(parts), library, image, state, (wish) => {
    const draft = { kind: 'snapshot', vmId: null, vmName: image.name, parent: state.id } as const;
    return library.saveState({ ...wish, ...draft, config: machineConfig(image) });
  });
  const { client, terminal } = machine;
  await machine.start();
  await machine.attach();
  const works = (): Promise<void> => terminal.see(TYPED);
  client.input(0, COMMAND);
  for (let pass = 0; pass < PASSES_BEFORE; pass += 1) await works();
  return {
    works,
    go: async () => {
      await client.request('resume', null);
    },
    save: async () => (await client.request('save', { kind: 'snapshot', content: 'full', name: 'at work' })).pauseMs,
    halt: async () => {
      await client.request('pause', null);
    },
    dispose: () => machine.dispose(),
  };
}

async function plainGuest(parts: RunnerParts, { machine }: PausesJob): Promise<WorkingGuest> {
  const worker = new Worker(parts.plainWorkerPath);
  const terminal = new OutputWatch();
  const tell = (command: PlainCommand): void => worker.postMessage(command);
  worker.on('message', (news: PlainNews) => {
    if (news.t === 'output') terminal.push(news.bytes);
  });
  worker.on('error', (cause) => terminal.fail(String(cause)));
  const said = async <Kind extends PlainNews['t']>(kind: Kind): Promise<Extract<PlainNews, { readonly t: Kind }>> => {
    for (;;) {
      const [news] = (await once(worker, 'message')) as [PlainNews];
      if (news.t === kind) return news as Extract<PlainNews, { readonly t: Kind }>;
    }
  };
  tell({ t: 'restore', filesUrl: null, machine, wasmPath: parts.wasmPath });
  await said('running');
  const works = (): Promise<void> => terminal.see(TYPED);
  tell({ t: 'type', bytes: COMMAND });
  for (let pass = 0; pass < PASSES_BEFORE; pass += 1) await works();
  return {
    works,
    go: () => {
      tell({ t: 'run' });
      return Promise.resolve();
    },
    save: async () => {
      tell({ t: 'time-save' });
      return (await said('save-timed')).pauseMs;
    },
    halt: async () => {
      tell({ t: 'stop' });
      await said('stopped');
    },
    dispose: () => void worker.terminate(),
  };
}
