import type { Library } from '../src/library/library.ts';
import { serveLibraryMachine, type LibraryMachine } from '../src/library/library-machine.ts';
import type { ConsoleViewer, MachineClient } from '../src/machine/client.ts';
import { startNodeMachine, type MachineParts } from '../src/machine/node-endpoint.ts';
import type { ConsoleId, MachineEvent, StartOptions } from '../src/machine/protocol.ts';
import { parseStateId } from '../src/shared/model/ids.ts';
import type { ImageManifest } from '../src/shared/model/image.ts';
import type { StateManifest } from '../src/shared/model/state.ts';
import type { VmRecord } from '../src/shared/model/vm.ts';
import { unwrap } from '../src/shared/result.ts';

/** A guest that has not answered by then never will, on the slowest machine these run on. */
const PATIENCE_MS = 120_000;

/** A real machine under test: a VM of a library, run in a worker thread, used as a person would. */
export interface TestMachineOptions {
  readonly library: Library;
  readonly parts: MachineParts;
  readonly vm: VmRecord;
  readonly image: ImageManifest;
  /** `base`, `cold`, or a saved state. */
  readonly from: 'base' | 'cold' | StateManifest;
  readonly start?: Partial<StartOptions>;
}

/** A machine that was started, or failed to: then `starting` rejects. */
export class TestMachine {
  readonly client: MachineClient;
  readonly events: MachineEvent[] = [];
  readonly starting: Promise<unknown>;
  private readonly options: TestMachineOptions;
  private readonly machine: LibraryMachine;

  private constructor(options: TestMachineOptions, machine: LibraryMachine) {
    this.options = options;
    this.machine = machine;
    this.client = machine.client;
    this.client.onEvent((event) => this.events.push(event));
    this.starting = machine.start({ columns: 80, rows: 25 }, options.start);
  }

  /** Begins to start a machine; `starting` says how that went. */
  static async begin(options: TestMachineOptions): Promise<TestMachine> {
    const { library, vm, image, from, parts } = options;
    const state = from === 'cold' ? null : from === 'base' ? await library.states.get(image.base) : from;
    const machine = serveLibraryMachine(await startNodeMachine(parts), {
      library,
      image,
      memoryMib: vm.memoryMib,
      start: state,
      saveState: ({ kind, ...request }) => {
        if (kind === 'base') throw new Error('a machine under test makes no base snapshots');
        return library.saveState({ ...request, vmId: vm.id, kind, config: machine.config, parent: null });
      },
    });
    return new TestMachine(options, machine);
  }

  /** A machine that runs. */
  static async start(options: TestMachineOptions): Promise<TestMachine> {
    const machine = await TestMachine.begin(options);
    try {
      await machine.starting;
      return machine;
    } catch (cause) {
      machine.dispose();
      throw cause;
    }
  }

  /** A terminal on one of its consoles; until then nobody looks at it. */
  async terminal(console: ConsoleId = 0): Promise<TestTerminal> {
    const terminal = new TestTerminal(this.client, console);
    await this.client.attach(console, terminal);
    return terminal;
  }

  async save(kind: 'head' | 'snapshot', content: 'full' | 'disk' = 'full', name = 'saved'): Promise<StateManifest> {
    const { receipt } = await this.client.request('save', { kind, content, name });
    return this.options.library.states.get(unwrap(parseStateId(receipt.stateId ?? '')));
  }

  /** Waits for an event of that kind, past ones included. */
  async event<Kind extends MachineEvent['kind']>(kind: Kind): Promise<Extract<MachineEvent, { kind: Kind }>> {
    return new Promise((resolve, reject) => {
      const stop = this.client.onEvent(() => look());
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`the machine told no event “${kind}” but ${JSON.stringify(this.events)}`));
      }, PATIENCE_MS);
      const look = (): void => {
        const event = this.events.find((each): each is Extract<MachineEvent, { kind: Kind }> => each.kind === kind);
        if (!event) return;
        clearTimeout(timer);
        stop();
        resolve(event);
      };
      look();
    });
  }

  dispose(): void {
    this.machine.dispose();
  }
}

/** What a console printed, as text, and a keyboard. */
export class TestTerminal implements ConsoleViewer {
  /** Everything it was given since it was attached, history included. */
  private bytes: Uint8Array[] = [];
  private byteCount = 0;
  private waiting: (() => void)[] = [];
  private undrawn: (() => void)[] = [];
  private isDrawing = true;
  private readonly client: MachineClient;
  private readonly console: ConsoleId;

  constructor(client: MachineClient, console: ConsoleId) {
    this.client = client;
    this.console = console;
  }

  write(bytes: Uint8Array, drawn: () => void): void {
    this.bytes.push(bytes);
    this.byteCount += bytes.byteLength;
    if (this.isDrawing) drawn();
    else this.undrawn.push(drawn);
    for (const look of [...this.waiting]) look();
  }

  /** While false the viewer is stuck: it takes bytes and never says that they are drawn. */
  set drawing(drawing: boolean) {
    this.isDrawing = drawing;
    if (drawing) for (const drawn of this.undrawn.splice(0)) drawn();
  }

  raw(): Buffer {
    return Buffer.concat(this.bytes);
  }

  /** Without the question for the cursor's place that busybox's shell asks after each prompt. */
  text(): string {
    return readable(this.raw());
  }

  /** The end of the output, so that waiting for something does not read megabytes again and again. */
  private tail(): string {
    let first = this.bytes.length;
    for (let count = 0; first > 0 && count < TAIL_BYTES; count += this.bytes[first]?.byteLength ?? 0) first -= 1;
    return readable(Buffer.concat(this.bytes.slice(first)));
  }

  forget(): void {
    this.bytes = [];
    this.byteCount = 0;
  }

  type(text: string | Uint8Array): void {
    if (this.console === 'boot') throw new Error('the boot log takes no input');
    this.client.input(this.console, typeof text === 'string' ? new TextEncoder().encode(text) : text);
  }

  /** Resolves when the end of the output matches. @returns the match */
  waitFor(pattern: RegExp, patienceMs = PATIENCE_MS): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(this.tail());
        if (!match) return;
        clearTimeout(timer);
        this.waiting = this.waiting.filter((each) => each !== look);
        resolve(match);
      };
      const timer = setTimeout(() => {
        this.waiting = this.waiting.filter((each) => each !== look);
        reject(new Error(`the console never showed ${String(pattern)}; it shows:\n${this.tail().slice(-2000)}`));
      }, patienceMs);
      this.waiting.push(look);
      look();
    });
  }

  /** Resolves once at least that many bytes have come. */
  async waitForBytes(count: number): Promise<void> {
    while (this.byteCount < count) {
      await new Promise<void>((resolve) => {
        const look = (): void => {
          this.waiting = this.waiting.filter((each) => each !== look);
          resolve();
        };
        this.waiting.push(look);
      });
    }
  }

  /** Runs a shell command. @returns what it printed, and its exit status */
  async run(command: string, patienceMs = PATIENCE_MS): Promise<{ output: string; status: number }> {
    commandCount += 1;
    const mark = `${commandCount}-of-${process.pid}`;
    this.forget();
    // The terminal echoes the line, with the marks in two halves; only what printf prints has them whole.
    this.type(`printf '%s%s\\n' begin- ${mark}; ${command}; printf '\\n%s%s %s.\\n' end- ${mark} "$?"\n`);
    const match = await this.waitFor(new RegExp(`begin-${mark}\\r?\\n([^]*)\\r?\\nend-${mark} (\\d+)\\.`), patienceMs);
    return { output: (match[1] ?? '').replaceAll('\r', '').trim(), status: Number(match[2]) };
  }
}

/** Counted over all terminals: a restored machine may still print the mark of an earlier command. */
let commandCount = 0;

/** More than any command of a test prints. */
const TAIL_BYTES = 64 * 1024;

/** Also without the clearing of the line's rest when the shell draws its prompt again for a new size. */
function readable(bytes: Buffer): string {
  return bytes.toString('utf8').replaceAll('\x1b[6n', '').replaceAll('\x1b[J', '');
}
