import { MessageChannel, Worker, type MessagePort, type Transferable } from 'node:worker_threads';
import type { FileChanges } from '../../shared/model/file-changes.ts';
import type { StateManifest } from '../../shared/model/state.ts';
import { FailureError } from '../../shared/result.ts';
import type { PageGarbage, StateCheck, StateDraft, StateLoad, StateUsage, StateWriter } from '../state-store.ts';
import type { SaverDependencies, SaverFolders } from './page-saver.ts';
import { LocalPageWork, type PageWork } from './page-work.ts';
import { receivePieces } from './piece-port.ts';
import type { Answer, FromThread, Question, ToThread } from './thread-protocol.ts';

interface Waiting {
  resolve(value: Answer): void;
  reject(cause: Error): void;
  onProgress(bytes: number): void;
}

/**
 * Has page work done by a thread of its own, where it keeps nobody waiting. The thread starts when it is first needed,
 * and keeps the process alive only while there is something to do.
 */
export class ThreadPageWork implements PageWork {
  private readonly path: string;
  private readonly folders: SaverFolders;
  /** For what is not worth a thread. */
  private readonly local: Pick<PageWork, 'load'>;
  private worker: Worker | null = null;
  private readonly waiting = new Map<number, Waiting>();
  private nextCall = 0;
  private nextState = 0;
  /** Calls that are not answered and states that are not ended. */
  private openCount = 0;

  /** @param path the built entry-thread.ts */
  constructor(path: string, { states, packs }: SaverFolders, dependencies: SaverDependencies) {
    this.path = path;
    this.local = new LocalPageWork({ states, packs }, dependencies);
    this.folders = { states, packs };
  }

  /** Starts the thread before it is needed. */
  begin(): void {
    if (this.worker) return;
    this.worker = this.start();
    this.worker.unref();
  }

  async create(draft: StateDraft): Promise<StateWriter> {
    const state = this.nextState;
    this.nextState += 1;
    await this.ask({ step: 'begin', state, draft });
    this.opened(1);
    const begunIn = this.worker;
    let isOpen = true;
    const step = (question: Question): Promise<Answer> =>
      this.worker === begunIn ? this.ask(question) : Promise.reject(endedThread('its thread is gone'));
    const end = async (question: Question): Promise<Answer> => {
      if (!isOpen) return null;
      isOpen = false;
      try {
        return await step(question);
      } finally {
        this.opened(-1);
      }
    };
    return {
      write: async (piece) => {
        await step({ step: 'write', state, piece });
      },
      commit: async () => {
        const manifest = (await end({ step: 'commit', state })) as StateManifest | null;
        if (manifest) return manifest;
        throw new Error('a state was committed that had ended');
      },
      abort: async () => {
        try {
          await end({ step: 'abort', state });
        } catch (cause) {
          // What a thread left that is gone is removed when the library is cleaned up.
          if (this.worker === begunIn) throw cause;
        }
      },
    };
  }

  /** In the thread where it runs already; for one load it would take longer to start. */
  async load(manifest: StateManifest): Promise<StateLoad> {
    const { worker } = this;
    if (!worker) return this.local.load(manifest);
    const { port1, port2 } = new MessageChannel();
    try {
      const plan = (await this.ask({ step: 'load', manifest, pieces: port2 }, undefined, [port2])) as Uint8Array;
      return { plan, pieces: this.received(port1) };
    } catch (cause) {
      port1.close();
      throw cause;
    }
  }

  async compare(before: StateManifest, after: StateManifest): Promise<FileChanges> {
    return (await this.ask({ step: 'compare', before, after })) as FileChanges;
  }

  async collect({ dryRun }: { readonly dryRun: boolean }): Promise<PageGarbage> {
    return (await this.ask({ step: 'collect', dryRun })) as PageGarbage;
  }

  async usage(): Promise<StateUsage> {
    return (await this.ask({ step: 'usage' })) as StateUsage;
  }

  async check(only: StateManifest | null, tell: (bytes: number) => void): Promise<StateCheck> {
    const stops: unknown[] = [];
    const checkCall = this.nextCall;
    const checking = this.ask({ step: 'check', only }, (bytes) => {
      if (stops.length > 0) return;
      try {
        tell(bytes);
      } catch (cause) {
        stops.push(cause);
        // When the thread is gone, the check is, too.
        this.ask({ step: 'stop-check', checkCall }).catch(() => undefined);
      }
    });
    const outcome = await checking.then(
      (value) => ({ value }),
      (cause: unknown) => ({ cause }),
    );
    if (stops.length > 0) throw stops[0];
    if ('cause' in outcome) throw outcome.cause;
    return outcome.value as StateCheck;
  }

  /** Ends the thread. Nothing may be open any more. */
  async close(): Promise<void> {
    const { worker } = this;
    this.worker = null;
    await worker?.terminate();
  }

  private async *received(port: MessagePort): AsyncGenerator<Uint8Array, void, void> {
    this.opened(1);
    try {
      yield* receivePieces(port, () => goneThread());
    } finally {
      this.opened(-1);
    }
  }

  private opened(more: 1 | -1): void {
    this.openCount += more;
    if (this.openCount > 0) this.worker?.ref();
    else this.worker?.unref();
  }

  private async ask(
    question: Question,
    onProgress: (bytes: number) => void = () => undefined,
    transfer: readonly Transferable[] = [],
  ): Promise<Answer> {
    const worker = (this.worker ??= this.start());
    const call = this.nextCall;
    this.nextCall += 1;
    this.opened(1);
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.waiting.set(call, { resolve, reject, onProgress });
        worker.postMessage({ ...question, call } satisfies ToThread, transfer);
      });
    } finally {
      this.opened(-1);
    }
  }

  private start(): Worker {
    const worker = new Worker(this.path, { workerData: this.folders });
    worker.on('message', (message: FromThread) => this.answered(message));
    const failed = (why: string): void => {
      if (this.worker === worker) this.worker = null;
      for (const { reject } of this.waiting.values()) reject(endedThread(why));
      this.waiting.clear();
    };
    worker.on('error', (cause) => failed(cause instanceof Error ? cause.message : String(cause)));
    worker.on('exit', (code) => failed(`exit code ${code}`));
    return worker;
  }

  private answered(message: FromThread): void {
    const waiting = this.waiting.get(message.call);
    if (message.kind === 'progress') {
      waiting?.onProgress(message.bytes);
      return;
    }
    this.waiting.delete(message.call);
    if (message.kind === 'answer') waiting?.resolve(message.value);
    else waiting?.reject(message.code ? new FailureError(message.code, message.message) : new Error(message.message));
  }
}

function goneThread(): FailureError {
  return new FailureError(
    'io',
    'The state was not loaded: the thread that reads saved states has ended. Nothing was changed. Try again.',
  );
}

function endedThread(why: string): FailureError {
  return new FailureError(
    'io',
    `Nothing was saved or changed: the thread that works on saved states has ended (${why}). Everything saved before is untouched. Try again.`,
  );
}
