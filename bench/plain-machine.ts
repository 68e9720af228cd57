import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Running, TypedAt } from './our-machine.ts';
import { OutputWatch, TYPED } from './output-watch.ts';
import type { PlainCommand, PlainNews } from './plain-protocol.ts';
import type { LaunchTimes, PlainMachine, RunnerParts } from './runner-protocol.ts';

/**
 * The baseline of `launch`: v86 in a worker of its own, as its readme shows it.
 * @param prepared the clock starts when the worker runs and has loaded v86; else before it is created
 * @param filesUrl where the guest's files are fetched from; from the disk when it is null
 */
export async function launchPlain(
  parts: RunnerParts,
  machine: PlainMachine,
  prepared: boolean,
  filesUrl: string | null = null,
): Promise<Running<LaunchTimes> & TypedAt> {
  const terminal = new OutputWatch();
  let began = performance.now();
  const worker = new Worker(parts.plainWorkerPath);
  if (prepared) {
    await once(worker, 'message');
    began = performance.now();
  }
  const tell = (command: PlainCommand): void => worker.postMessage(command);
  await new Promise<void>((resolve, reject) => {
    worker.on('error', (cause) => {
      reject(cause instanceof Error ? cause : new Error(String(cause)));
      terminal.fail(String(cause));
    });
    worker.on('message', (news: PlainNews) => {
      if (news.t === 'output') terminal.push(news.bytes);
      if (news.t === 'running') resolve();
    });
    tell({ t: 'restore', machine, wasmPath: parts.wasmPath, filesUrl });
  });
  const runningMs = performance.now() - began;
  const echo = terminal.see(TYPED);
  tell({ t: 'type', bytes: new TextEncoder().encode(TYPED) });
  await echo;
  return {
    times: { echoMs: performance.now() - began, runningMs },
    terminal,
    type: (text) => tell({ t: 'type', bytes: new TextEncoder().encode(text) }),
    dispose: () => void worker.terminate(),
  };
}

/** Boots the machine with v86 alone and saves it at its prompt by v86's own save_state. */
export function savePlain({ wasmPath, plainWorkerPath }: RunnerParts, machine: PlainMachine): Promise<SavedPlain> {
  return saved(plainWorkerPath, { t: 'save', machine, wasmPath });
}

/** Saves a machine that was put into one of our states by v86's own save_state. */
export function adoptPlain(
  { wasmPath, plainWorkerPath }: RunnerParts,
  machine: PlainMachine,
  rawPath: string,
): Promise<SavedPlain> {
  return saved(plainWorkerPath, { t: 'adopt', machine, wasmPath, rawPath });
}

interface SavedPlain {
  readonly sizeBytes: number;
}

async function saved(workerPath: string, command: PlainCommand): Promise<SavedPlain> {
  const worker = new Worker(workerPath);
  try {
    return await new Promise((resolve, reject) => {
      worker.on('error', reject);
      worker.on('message', (news: PlainNews) => {
        if (news.t === 'saved') resolve({ sizeBytes: news.sizeBytes });
      });
      worker.postMessage(command);
    });
  } finally {
    await worker.terminate();
  }
}
