import { FailureError } from '../shared/result.ts';
import { INPUT_WINDOW_BYTES, OUTPUT_WINDOW_BYTES } from './agent/session.ts';
import { CommandNotRun, type ExecOptions, type ExecProcess, type ExecRequest, type ExecResult } from './guest-api.ts';
import { ExecOutput } from './exec-output.ts';
import type { ExecEvent, ToWorker } from './protocol.ts';

const SIGKILL = 9;
/** A killed command is gone at once; a guest that does not say so is not waited for longer. */
const KILLED_PATIENCE_MS = 1000;
/** The reader's word goes to the guest when this much was read: often enough that it never waits for it. */
const TELL_AT_BYTES = OUTPUT_WINDOW_BYTES / 4;

/** A timer of JavaScript takes no more; one that is longer would go off at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

type StreamName = 'stdout' | 'stderr';

/** The client's side of one program in the guest. */
export class ExecClient implements ExecProcess {
  readonly stdin: WritableStream<Uint8Array>;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  readonly result: Promise<ExecResult>;
  /** Once it runs; rejects when it cannot. */
  readonly started: Promise<void>;
  private readonly exec: number;
  private readonly post: (message: ToWorker) => void;
  private readonly outputs: Readonly<Record<StreamName, ExecOutput>>;
  private readonly read: Record<StreamName, number> = { stdout: 0, stderr: 0 };
  private inputRoomBytes = INPUT_WINDOW_BYTES;
  private wakeInput: (() => void) | null = null;
  private isOver = false;
  private killedFor: 'timed-out' | 'cancelled' | null = null;
  private settle: { resolve(result: ExecResult): void; reject(cause: Error): void };
  private begun: { resolve(): void; reject(cause: Error): void };
  private readonly cleanUp: (() => void)[] = [];

  constructor(exec: number, request: ExecRequest, options: ExecOptions, post: (message: ToWorker) => void) {
    this.exec = exec;
    this.post = post;
    const result = deferred<ExecResult>();
    const started = deferred<void>();
    [this.result, this.settle] = [result.promise, result];
    [this.started, this.begun] = [
      started.promise,
      { resolve: () => started.resolve(undefined), reject: started.reject },
    ];
    // Whoever waits for `started` alone hears of a failure there.
    this.result.catch(() => undefined);
    this.outputs = {
      stdout: new ExecOutput((bytes) => this.tellRead('stdout', bytes)),
      stderr: new ExecOutput((bytes) => this.tellRead('stderr', bytes)),
    };
    this.stdout = this.outputs.stdout.stream;
    this.stderr = this.outputs.stderr.stream;
    this.stdin = new WritableStream<Uint8Array>({
      write: (chunk) => this.writeInput(chunk),
      close: () => this.post({ t: 'exec-input', exec, bytes: null }),
      abort: () => this.post({ t: 'exec-input', exec, bytes: null }),
    });
    this.watch(options);
    this.post({ t: 'exec', exec, request });
  }

  kill(signal: number): void {
    if (!this.isOver) this.post({ t: 'exec-signal', exec: this.exec, signal });
  }

  resize(columns: number, rows: number): void {
    if (!this.isOver) this.post({ t: 'exec-resize', exec: this.exec, columns, rows });
  }

  /** @returns whether that was its end */
  take(event: ExecEvent): boolean {
    switch (event.kind) {
      case 'started':
        this.begun.resolve();
        return false;
      case 'output':
        this.outputs[event.stream].push(event.bytes);
        return false;
      case 'taken':
        this.inputRoomBytes += event.bytes;
        this.wakeInput?.();
        return false;
      case 'refused': {
        const { code, message, exitCode } = event;
        this.fail(exitCode === null ? new FailureError(code, message) : new CommandNotRun(code, message, exitCode));
        return true;
      }
      case 'lost':
        this.fail(new FailureError(event.code, event.message));
        return true;
      case 'ended':
        this.end(event.result);
        return true;
    }
  }

  fail(cause: Error): void {
    if (this.isOver) return;
    this.over();
    this.begun.reject(cause);
    for (const output of Object.values(this.outputs)) output.fail(cause);
    this.settle.reject(cause);
  }

  private end(result: ExecResult): void {
    if (this.isOver) return;
    this.over();
    this.begun.resolve();
    for (const output of Object.values(this.outputs)) output.end();
    this.settle.resolve(this.killedFor === null ? result : { kind: this.killedFor });
  }

  private over(): void {
    this.isOver = true;
    this.wakeInput?.();
    for (const run of this.cleanUp.splice(0)) run();
  }

  private tellRead(stream: StreamName, bytes: number): void {
    this.read[stream] += bytes;
    if (this.read[stream] < TELL_AT_BYTES || this.isOver) return;
    this.post({ t: 'exec-took', exec: this.exec, stream, bytes: this.read[stream] });
    this.read[stream] = 0;
  }

  private async writeInput(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength && !this.isOver;) {
      const bytes = chunk.slice(at, at + this.inputRoomBytes);
      if (bytes.byteLength > 0) {
        this.inputRoomBytes -= bytes.byteLength;
        at += bytes.byteLength;
        this.post({ t: 'exec-input', exec: this.exec, bytes });
        continue;
      }
      await new Promise<void>((resolve) => {
        this.wakeInput = resolve;
      });
      this.wakeInput = null;
    }
  }

  private watch({ timeoutMs, signal }: ExecOptions): void {
    if (timeoutMs !== undefined) {
      const timer = setTimeout(() => this.killFor('timed-out'), Math.min(timeoutMs, TIMER_MAX_MS));
      this.cleanUp.push(() => clearTimeout(timer));
    }
    if (!signal) return;
    const onAbort = (): void => this.killFor('cancelled');
    signal.addEventListener('abort', onAbort, { once: true });
    this.cleanUp.push(() => signal.removeEventListener('abort', onAbort));
    if (signal.aborted) queueMicrotask(onAbort);
  }

  private killFor(why: 'timed-out' | 'cancelled'): void {
    if (this.isOver || this.killedFor !== null) return;
    this.killedFor = why;
    this.kill(SIGKILL);
    const timer = setTimeout(() => this.end({ kind: why }), KILLED_PATIENCE_MS);
    this.cleanUp.push(() => clearTimeout(timer));
  }
}

function deferred<T>(): { promise: Promise<T>; resolve(value: T): void; reject(cause: Error): void } {
  const handlers: { resolve(value: T): void; reject(cause: Error): void }[] = [];
  const promise = new Promise<T>((resolve, reject) => {
    handlers.push({ resolve, reject });
  });
  return { promise, resolve: (value) => handlers[0]?.resolve(value), reject: (cause) => handlers[0]?.reject(cause) };
}
