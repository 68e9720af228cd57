import type { MachineClient } from '../machine/client.ts';
import type { ExecOptions, ExecProcess, ExecRequest, ExecResult, GuestStat } from '../machine/guest-api.ts';
import type { DirEntry } from '../machine/protocol.ts';
import { FailureError } from '../shared/result.ts';
import type { SnapshotSummary } from '../shared/model/state.ts';
import { collectOutput, OUTPUT_MAX_BYTES } from './collect-output.ts';
import { exitCodeOf } from './exit-code.ts';
import { feedInput, type CommandInput } from './feed-input.ts';
import type { CopyOptions, GuestCopy } from './guest-copy.ts';
import { endOf, endSentence, type MachineEnd } from './machine-end.ts';
import type { TransferTokens } from './transfers.ts';
import type { CopyReport } from './tree-report.ts';

/** Larger files are copied to and from files of the host instead, piece by piece. */
const READ_MAX_BYTES = 64 * 1024 * 1024;
/** What a machine had to say of a kind that repeats itself is not kept without end. */
const PROBLEMS_MAX = 100;
/** A guest is quiet within a second of its last command, unless something works in the background. */
const QUIET_PATIENCE_MS = 15_000;

/** Everything about a command but its program and arguments. */
export type CommandOptions = ExecOptions & Pick<ExecRequest, 'env' | 'cwd' | 'user' | 'terminal'>;

export interface RunOptions extends Omit<CommandOptions, 'terminal'> {
  /** What it reads; without, an empty input. */
  readonly input?: CommandInput;
  /** What is kept of its output, each stream; the rest is read and dropped. 64 MiB unless given. */
  readonly maxOutputBytes?: number;
  /** Gets the command once it runs, to send it signals; its streams are spoken for. */
  onStarted?(command: Pick<ExecProcess, 'kill'>): void;
}

/** A command that has ended, with all that it printed. */
export interface RunOutcome {
  readonly result: ExecResult;
  /** Its own exit code, 128 and the signal that ended it, 124 after its time was over, 130 when it was cancelled. */
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** Whether it printed more than was kept. */
  readonly isTruncated: boolean;
  readonly durationMs: number;
}

/** What a machine stands on, given by {@link launchMachine}. */
export interface MachineSupport {
  readonly client: MachineClient;
  /** What it is called. */
  readonly name: string;
  readonly tokens: TransferTokens;
  /** Saves the machine as a snapshot that the library has not got yet. */
  saveSnapshot(name: string): Promise<SnapshotSummary>;
  /** Ends it and gives everything back. */
  end(): Promise<void>;
  onProblem?(sentence: string): void;
}

/** A machine that runs in this process. Close it: until then it takes memory and keeps the process alive. */
export class HeadlessMachine {
  /** The name it was given, else that of the image or snapshot it was started from. */
  readonly name: string;
  /** Settles when the machine ends, by `close` or by itself; never rejects. */
  readonly ended: Promise<MachineEnd>;
  private readonly support: MachineSupport;
  private readonly told: string[] = [];
  private end: MachineEnd | null = null;
  private closing: Promise<void> | null = null;

  /** For {@link launchMachine}: a program gets machines from `Terrarium.launch`. */
  constructor(support: MachineSupport) {
    this.support = support;
    this.name = support.name;
    this.ended = new Promise((resolve) => {
      support.client.onEvent((event) => {
        const end = endOf(event);
        if (end === null || this.end !== null) return;
        this.end = end;
        resolve(end);
        // It stands still for ever: whoever waits for a command in it learns so.
        this.close().catch((cause: unknown) => this.noteProblem(String(cause)));
      });
      this.noteClosed = () => resolve({ kind: 'closed' });
    });
  }

  private noteClosed: () => void = () => undefined;

  /** Sentences about what did not go well while the machine itself went on. */
  get problems(): readonly string[] {
    return [...this.told];
  }

  /**
   * Starts a command. Read or cancel both of its outputs: a command whose output nobody takes stands still.
   * @param command program and arguments as they are (no shell looks at them), or all there is to say about it
   * @throws FailureError `not-found` for a program that is not there, `bad-input` for one that cannot be run
   */
  async exec(command: readonly string[] | ExecRequest, options: CommandOptions = {}): Promise<ExecProcess> {
    this.checkRuns();
    const { timeoutMs, signal, ...how } = options;
    const request = 'argv' in command ? command : { argv: command };
    const limits = { ...(timeoutMs !== undefined && { timeoutMs }), ...(signal && { signal }) };
    return this.explaining(this.support.client.exec({ ...request, ...how }, limits));
  }

  /** Runs a command to its end. A command that fails is no error: look at the exit code. */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunOutcome> {
    const { input, maxOutputBytes = OUTPUT_MAX_BYTES, onStarted, ...how } = options;
    const beganMs = performance.now();
    const process = await this.exec({ argv, hasStdin: input !== undefined }, how);
    onStarted?.(process);
    const feeding = input === undefined ? Promise.resolve() : feedInput(process, input);
    // A command that waits for the rest of a broken input would wait for ever.
    feeding.catch(() => process.kill(SIGKILL));
    const [result, stdout, stderr] = await this.explaining(
      Promise.all([
        process.result,
        collectOutput(process.stdout, maxOutputBytes),
        collectOutput(process.stderr, maxOutputBytes),
      ]),
    );
    await feeding;
    return {
      result,
      exitCode: exitCodeOf(result),
      stdout: stdout.bytes,
      stderr: stderr.bytes,
      isTruncated: stdout.isTruncated || stderr.isTruncated,
      durationMs: performance.now() - beganMs,
    };
  }

  /** Runs a line of shell: `machine.sh('make 2>&1 | tail')`. */
  sh(script: string, options: RunOptions = {}): Promise<RunOutcome> {
    return this.run(['/bin/sh', '-c', script], options);
  }

  /** @throws FailureError `not-found`, `limit` for more than `maxBytes` (64 MiB unless given) */
  async readFile(guestPath: string, maxBytes: number = READ_MAX_BYTES): Promise<Buffer> {
    const { buffer, byteOffset, byteLength } = await this.request('readFile', { guestPath, maxBytes });
    return Buffer.from(buffer, byteOffset, byteLength);
  }

  /** Creates or replaces a file, and the folders it is in. @param mode permission bits, 0o644 unless given */
  async writeFile(guestPath: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    await this.request('writeFile', { guestPath, bytes, mode });
  }

  readDir(guestPath: string): Promise<readonly DirEntry[]> {
    return this.request('readDir', { guestPath });
  }

  /** @param options `followLinks: false` says what a symbolic link itself is */
  stat(guestPath: string, options: { readonly followLinks?: boolean } = {}): Promise<GuestStat> {
    return this.request('stat', { guestPath, followLinks: options.followLinks ?? true });
  }

  /** Makes a folder and those above it. */
  async makeDir(
    guestPath: string,
    options: { readonly mode?: number; readonly parents?: boolean } = {},
  ): Promise<void> {
    await this.request('makeDir', { guestPath, mode: options.mode ?? 0o755, parents: options.parents ?? true });
  }

  /** Removes a file, or a folder with `recursive`. @throws FailureError `not-found` */
  async remove(guestPath: string, options: { readonly recursive?: boolean } = {}): Promise<void> {
    await this.request('remove', { guestPath, recursive: options.recursive ?? false });
  }

  async rename(from: string, to: string): Promise<void> {
    await this.request('rename', { from, to });
  }

  /**
   * Copies a file or folder of the host into the machine, where it belongs to root.
   * @param guestPath the name the copy gets; with `/` at its end, the folder it goes into. What is in a folder is added
   * to what is there already.
   */
  async copyIn(hostPath: string, guestPath: string, options: CopyOptions = {}): Promise<CopyReport> {
    this.checkRuns();
    return this.explaining((await this.copy()).in(hostPath, guestPath, options));
  }

  /**
   * Copies a file or folder of the machine to the host. What a hostile guest could harm the host with is left out:
   * devices, set-user-id bits, links that lead out of the folder.
   * @param hostPath the name the copy gets; with a separator at its end, the folder it goes into. A file there is
   * replaced, a folder must be empty.
   */
  async copyOut(guestPath: string, hostPath: string, options: CopyOptions = {}): Promise<CopyReport> {
    this.checkRuns();
    return this.explaining((await this.copy()).out(guestPath, hostPath, options));
  }

  /** What is in a folder, as a tar archive. It comes from the guest: unpack it with care. */
  async *readTree(guestPath: string, options: CopyOptions = {}): AsyncGenerator<Uint8Array, void, void> {
    this.checkRuns();
    yield* (await this.copy()).readTree(guestPath, options);
  }

  /** Unpacks a tar archive, not compressed, into a folder. */
  async writeTree(guestPath: string, tar: AsyncIterable<Uint8Array>, options: CopyOptions = {}): Promise<void> {
    this.checkRuns();
    await this.explaining((await this.copy()).writeTree(guestPath, tar, options));
  }

  /**
   * Keeps the machine as it is now as a snapshot, from which machines can be launched here and VMs forked in the app.
   * The guest first writes out its files; when it does not become quiet soon, because something works in it, the
   * snapshot is taken nevertheless.
   * @throws FailureError `exists` for a name that a snapshot has, `bad-input` for none, `disk-full`
   */
  async snapshot(name: string): Promise<SnapshotSummary> {
    this.checkRuns();
    await this.request('quiesce', { timeoutMs: QUIET_PATIENCE_MS }).catch((cause: unknown) => {
      if (!(cause instanceof FailureError) || cause.code !== 'guest-unresponsive') throw cause;
      this.noteProblem('The snapshot was taken while something was at work in the machine.');
    });
    return this.explaining(this.support.saveSnapshot(name));
  }

  /** Ends the machine. What no snapshot holds is gone. More than once does no harm. */
  close(): Promise<void> {
    this.closing ??= (async () => {
      this.end ??= { kind: 'closed' };
      this.noteClosed();
      await this.support.end();
    })();
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  noteProblem(sentence: string): void {
    if (this.told.length < PROBLEMS_MAX) this.told.push(sentence);
    this.support.onProblem?.(sentence);
  }

  private readonly request: MachineClient['request'] = async (name, args) => {
    this.checkRuns();
    return this.explaining(this.support.client.request(name, args));
  };

  /** Why nothing can be asked of it any more, or null. @internal */
  get endFailure(): FailureError | null {
    return this.end === null ? null : new FailureError('illegal-transition', endSentence(this.end));
  }

  /** Loaded when it is needed: what runs a command and nothing else is to start fast. */
  private async copy(): Promise<GuestCopy> {
    const { GuestCopy } = await import('./guest-copy.ts');
    return new GuestCopy(this.support.client, this.support.tokens);
  }

  private checkRuns(): void {
    const failure = this.endFailure;
    if (failure !== null) throw failure;
  }

  /** What fails because the machine ended says so. */
  private async explaining<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (cause) {
      if (this.end === null) throw cause;
      throw new FailureError('io', endSentence(this.end), { cause });
    }
  }
}

const SIGKILL = 9;
