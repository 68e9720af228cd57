import { Worker } from 'node:worker_threads';
import type { StateManifest } from '../../shared/model/state.ts';
import { FailureError } from '../../shared/result.ts';
import type { StateDraft, StateWriter } from '../state-store.ts';
import type { SaverFolders } from './page-saver.ts';
import type { FromSaver, ToSaver } from './saver-protocol.ts';

type Step = ToSaver extends infer Message ? (Message extends ToSaver ? Omit<Message, 'call'> : never) : never;

interface Waiting {
  resolve(manifest: StateManifest | null): void;
  reject(cause: Error): void;
}

/**
 * Has states written by a thread of its own, where hashing and compressing keep nobody waiting. The thread starts with
 * the first state, and keeps the process alive only while there is something to write.
 */
export class ThreadSaver {
  private readonly path: string;
  private readonly folders: SaverFolders;
  private worker: Worker | null = null;
  private readonly waiting = new Map<number, Waiting>();
  private nextCall = 0;
  private nextState = 0;
  private openStates = 0;

  /** @param path the built entry-thread.ts */
  constructor(path: string, folders: SaverFolders) {
    this.path = path;
    this.folders = folders;
  }

  async create(draft: StateDraft): Promise<StateWriter> {
    const state = this.nextState;
    this.nextState += 1;
    await this.counted(() => this.call({ state, step: 'begin', draft }));
    this.opened(1);
    const begunIn = this.worker;
    const step = (what: Step): Promise<StateManifest | null> =>
      this.worker === begunIn ? this.call(what) : Promise.reject(endedThread('its thread is gone'));
    let isOpen = true;
    const end = async (how: 'commit' | 'abort'): Promise<StateManifest | null> => {
      // A thread that died has ended it already.
      if (!isOpen) return null;
      isOpen = false;
      try {
        return await step({ state, step: how });
      } finally {
        this.opened(-1);
      }
    };
    return {
      write: async (piece) => {
        await step({ state, step: 'write', piece });
      },
      commit: async () => {
        const manifest = await end('commit');
        if (manifest) return manifest;
        throw new Error('a state was committed that had ended');
      },
      abort: async () => {
        // What a thread left that is gone is removed when the library is cleaned up.
        if (this.worker === begunIn) await end('abort');
        else this.opened(-1);
      },
    };
  }

  /** Ends the thread. Nothing may be open any more. */
  async close(): Promise<void> {
    const { worker } = this;
    this.worker = null;
    await worker?.terminate();
  }

  private async counted<T>(task: () => Promise<T>): Promise<T> {
    this.opened(1);
    try {
      return await task();
    } finally {
      this.opened(-1);
    }
  }

  private opened(more: 1 | -1): void {
    this.openStates += more;
    if (this.openStates > 0) this.worker?.ref();
    else this.worker?.unref();
  }

  private call(step: Step): Promise<StateManifest | null> {
    const worker = (this.worker ??= this.start());
    const call = this.nextCall;
    this.nextCall += 1;
    return new Promise((resolve, reject) => {
      this.waiting.set(call, { resolve, reject });
      worker.postMessage({ ...step, call } satisfies ToSaver);
    });
  }

  private start(): Worker {
    const worker = new Worker(this.path, { workerData: this.folders });
    worker.on('message', (message: FromSaver) => {
      const waiting = this.waiting.get(message.call);
      this.waiting.delete(message.call);
      if (message.ok) waiting?.resolve(message.manifest);
      else waiting?.reject(message.code ? new FailureError(message.code, message.message) : new Error(message.message));
    });
    const failed = (why: string): void => {
      if (this.worker === worker) this.worker = null;
      const failure = endedThread(why);
      for (const { reject } of this.waiting.values()) reject(failure);
      this.waiting.clear();
    };
    worker.on('error', (cause) => failed(cause instanceof Error ? cause.message : String(cause)));
    worker.on('exit', (code) => failed(`exit code ${code}`));
    return worker;
  }
}

function endedThread(why: string): FailureError {
  return new FailureError(
    'io',
    `The state was not saved: what writes states has ended (${why}). Everything saved before is untouched. Try again.`,
  );
}
