import { BulkClient } from '../shared/bulk/client.ts';
import type { PortLike } from '../shared/bulk/port.ts';
import { FailureError } from '../shared/result.ts';
import type { FrameLink } from '../shared/link/frame-link.ts';
import { portLink } from '../shared/link/port-link.ts';
import { macNumbers } from '../shared/model/mac.ts';
import { Commands } from './commands.ts';
import { ConsoleInput } from './console-input.ts';
import { ConsoleOutput } from './console-output.ts';
import { restoreDisk, restoreFull } from './cpu-state.ts';
import { GuestFiles } from './guest-files.ts';
import { flowProbe } from './flow-probe.ts';
import { AGENT_PORT, GuestLink } from './guest-link.ts';
import { HeldInput } from './held-input.ts';
import { ImageFiles } from './image-files.ts';
import { LateFiles } from './late-files.ts';
import { MachineFiles } from './machine-files.ts';
import type { LoadedState } from './planned-state.ts';
import {
  CONSOLE_IDS,
  TERMINAL_IDS,
  type ConsoleId,
  type ExecEvent,
  type MachineEvent,
  type MachineSize,
  type SaveReport,
  type SaveTarget,
  type StartOptions,
  type StartReport,
} from './protocol.ts';
import { RunHolds } from './run-holds.ts';
import type { ScreenFrame, ScreenInput } from './screen-frame.ts';
import { StateSaver } from './state-saver.ts';
import { receiveState } from './state-transfer.ts';
import { createEmulator, createSpareEmulator, type Emulator } from './v86.ts';
import { VgaScreen } from './vga-screen.ts';
import { plainBytes } from './wasm-view.ts';

const IDLE_POLL_MS = 2;
const LOAD_REPORT_MS = 1000;
/** A restored guest is first left to show its prompt and answer the first key. */
const GREET_AFTER_MS = 100;
/** What a restored guest has not asked for of its files by then is read in the background, with breaks. */
const READ_FILES_AFTER_MS = 250;
const READ_FILES_BREAK_MS = 12;

export interface MachinePorts {
  output(console: ConsoleId, bytes: Uint8Array): void;
  event(event: MachineEvent): void;
  /** About a program in the guest, by the number its client gave it. */
  exec(exec: number, event: ExecEvent): void;
  /** What the display shows, for who has attached to it. */
  screen(frame: ScreenFrame, number: number): void;
}

/** An emulator created before it was known what it would run. */
export interface SpareEmulator extends MachineSize {
  readonly emulator: Promise<Emulator>;
}

/**
 * One machine, inside its worker: the emulator with its consoles, files, agent and states.
 * Everything a person or program does to it arrives here through protocol.ts.
 */
export class Machine {
  private readonly bulk: BulkClient;
  private readonly wasm: WebAssembly.Module;
  private readonly spare: SpareEmulator | null;
  private readonly ports: MachinePorts;
  private emulator: Emulator | null = null;
  private readonly link: GuestLink;
  private fileWork: MachineFiles | null = null;
  private lateFiles: LateFiles | null = null;
  private display: VgaScreen | null = null;
  /** The programs that clients run in the guest. */
  readonly commands: Commands;
  private outputs: Map<ConsoleId, ConsoleOutput>;
  private readonly inputs: Map<0 | 1 | 2 | 3, ConsoleInput>;
  private readonly holds = new RunHolds(
    () => this.running(),
    () => {
      for (const input of this.heldInput.take()) this.emulator?.screenInput(input);
    },
  );
  private readonly heldInput = new HeldInput();
  private readonly saver: StateSaver;
  /** The network cable, and the address the guest's card is to have at its end. */
  private cable: FrameLink | null = null;
  private mac: readonly number[] | null = null;

  constructor(bulkPort: PortLike, wasm: WebAssembly.Module, spare: SpareEmulator | null, ports: MachinePorts) {
    this.bulk = new BulkClient(bulkPort);
    this.wasm = wasm;
    this.spare = spare;
    this.ports = ports;
    this.outputs = this.createOutputs([]);
    this.inputs = new Map(
      ([0, 1, 2, 3] as const).map((port) => [
        port,
        new ConsoleInput((piece) => this.emulator?.offerInput(port, piece) ?? false, later),
      ]),
    );
    this.link = new GuestLink({
      send: (bytes) => this.inputs.get(AGENT_PORT)?.push(bytes),
      powered: (action) => void this.guestPowered(action),
      hasFlow: (flow) => {
        if (this.mac) this.emulator?.network.receive(flowProbe(this.mac, flow));
      },
    });
    this.saver = new StateSaver({
      bulk: this.bulk,
      holds: this.holds,
      link: this.link,
      emulator: () => this.running(),
      isOff: () => this.isOff(),
      sync: () => this.files.sync(),
      readFiles: () => this.readLateFiles(0),
      histories: () => CONSOLE_IDS.map((console) => this.output(console).snapshot()),
      progress: (doneBytes, totalBytes) => ports.event({ kind: 'saving', doneBytes, totalBytes }),
    });
    this.commands = new Commands(this.link, (exec, event) => ports.exec(exec, event));
  }

  async start(options: StartOptions): Promise<StartReport> {
    if (this.emulator) throw new FailureError('illegal-transition', 'This machine has been started already.');
    const began = performance.now();
    const loading = this.loadEmulator(options, options.state !== 'full');
    const state = await this.loadState(options, loading);
    const emulator = await loading;
    emulator.setFileStorage(new ImageFiles(this.bulk, (message) => this.ports.event({ kind: 'problem', message })));
    if (state?.content === 'full') restoreFull(emulator.cpu, state.tree);
    else if (state) restoreDisk(emulator.fs, state.tree);
    else emulator.fs.load_from_json(JSON.parse(new TextDecoder().decode(await this.bulk.readAll({ kind: 'fs-json' }))));
    this.lateFiles = new LateFiles(emulator, state);
    this.outputs = this.createOutputs(state?.content === 'full' ? state.consoles : []);
    for (const console of TERMINAL_IDS) this.link.resize(console, options.columns, options.rows);
    this.mac = macNumbers(options.mac ?? '');
    this.link.setHostName(options.hostName ?? null);
    this.connect(emulator);
    emulator.run();
    const readyMs = performance.now() - began;
    // The prompt comes first; nobody misses the clock for the blink of an eye.
    if (state?.content === 'full') later(GREET_AFTER_MS, () => this.link.greet());
    later(READ_FILES_AFTER_MS, () => void this.readLateFiles(READ_FILES_BREAK_MS).catch(failLater));
    this.reportLoad(emulator);
    return { readyMs };
  }

  /** Plugs a network cable in, in place of the one before; null only takes that out. */
  plug(port: PortLike | null): void {
    this.cable?.close();
    this.setCable(port === null ? null : portLink(port));
    this.useCable();
  }

  private setCable(cable: FrameLink | null): void {
    this.cable = cable;
    cable?.onClose(() => {
      if (this.cable === cable) this.plug(null);
    });
  }

  private useCable(): void {
    this.emulator?.network.plug(this.cable);
    if (this.emulator && this.cable && this.mac) this.link.setUpNetwork(this.mac);
  }

  /** The guest's files, once it was started. */
  get files(): MachineFiles {
    if (!this.fileWork) throw new FailureError('illegal-transition', 'The machine has not been started.');
    this.lateFiles?.readLists();
    return this.fileWork;
  }

  pause(): Promise<void> {
    return this.holds.hold('user');
  }

  resume(): void {
    this.holds.release('user');
    this.link.setClock();
  }

  save(target: SaveTarget): Promise<SaveReport> {
    return this.saver.save(target);
  }

  attach(console: ConsoleId): { history: Uint8Array } {
    return { history: this.output(console).attach() };
  }

  detach(console: ConsoleId): void {
    this.output(console).detach();
  }

  ack(console: ConsoleId, bytes: number): void {
    this.output(console).acked(bytes);
  }

  input(console: 0 | 1 | 2, bytes: Uint8Array): void {
    if (this.inputs.get(console)?.push(bytes) === false) {
      this.ports.event({
        kind: 'problem',
        message: 'The VM is not taking input fast enough; the last paste was refused whole.',
      });
    }
  }

  resize(console: 0 | 1 | 2, columns: number, rows: number): void {
    this.link.resize(console, columns, rows);
  }

  attachScreen(): void {
    this.display ??= new VgaScreen(this.running().cpu.devices.vga, {
      send: (frame, number) => this.ports.screen(frame, number),
      schedule: later,
    });
    this.display.attach();
  }

  detachScreen(): void {
    this.display?.detach();
  }

  screenAcked(number: number): void {
    this.display?.acked(number);
  }

  screenInput(input: ScreenInput): void {
    if (!this.emulator || this.isOff()) return;
    if (this.holds.isHeld) this.heldInput.keep(input, this.holds.has('user'));
    else this.emulator.screenInput(input);
  }

  agentReady(timeoutMs: number): Promise<void> {
    return this.link.ready(timeoutMs);
  }

  networkReady(timeoutMs: number): Promise<void> {
    return this.link.networkReady(timeoutMs);
  }

  /** Syncs, drops the guest's caches and waits until it is idle with no file request open. */
  async quiesce(timeoutMs: number): Promise<void> {
    const emulator = this.running();
    const deadline = performance.now() + timeoutMs;
    await this.link.ready(timeoutMs);
    await this.idle(emulator, deadline);
    await this.files.dropCaches();
    await this.idle(emulator, deadline);
  }

  private async idle(emulator: Emulator, deadlineMs: number): Promise<void> {
    // Idle for a while, not only between two interrupts.
    for (let quiet = 0; quiet < 20;) {
      if (performance.now() > deadlineMs) {
        throw new FailureError('guest-unresponsive', 'The guest did not become idle in time.');
      }
      await new Promise((resolve) => setTimeout(resolve, IDLE_POLL_MS));
      quiet = emulator.isIdle() && emulator.fileRequestsInFlight() === 0 ? quiet + 1 : 0;
    }
  }

  /** Reads what is still to be read of a restored machine's files. */
  private async readLateFiles(breakMs: number): Promise<void> {
    await this.lateFiles?.readAll(() => new Promise((resolve) => later(breakMs, resolve)));
  }

  private loadEmulator(options: StartOptions, boots: boolean): Promise<Emulator> {
    if (boots) return this.loadBootingEmulator(options);
    const { spare } = this;
    // It was made for a cable.
    if (options.network === 'fetch') return createSpareEmulator(this.wasm, options, true);
    const fits = spare?.memoryMib === options.memoryMib && spare.vgaMemoryMib === options.vgaMemoryMib;
    return fits ? spare.emulator : createSpareEmulator(this.wasm, options);
  }

  private async loadBootingEmulator(options: StartOptions): Promise<Emulator> {
    const [bios, vgaBios, kernel, initrd] = await Promise.all([
      this.bulk.readAll({ kind: 'bios' }),
      this.bulk.readAll({ kind: 'vga-bios' }),
      this.bulk.readAll({ kind: 'kernel' }),
      options.hasInitrd ? this.bulk.readAll({ kind: 'initrd' }) : null,
    ]);
    const { memoryMib, vgaMemoryMib, commandLine } = options;
    const hasFetch = options.network === 'fetch';
    const parts = { bios, vgaBios, kernel, initrd, wasm: this.wasm };
    return createEmulator({ memoryMib, vgaMemoryMib, commandLine, hasFetch, ...parts });
  }

  private async loadState(options: StartOptions, loading: Promise<Emulator>): Promise<LoadedState | null> {
    if (options.state === null) return null;
    const state = await receiveState(this.bulk, this.wasm, async (memoryBytes) => {
      const memory = plainBytes((await loading).cpu.mem8);
      if (memory.byteLength === memoryBytes) return memory;
      throw new FailureError(
        'config-mismatch',
        `This state cannot be restored here: it has ${memoryBytes / 1048576} MiB of memory, this VM has ${options.memoryMib} MiB.`,
      );
    });
    if (state.content !== options.state)
      throw new FailureError('damaged', 'The saved state is not of the kind its manifest says.');
    return state;
  }

  private connect(emulator: Emulator): void {
    this.emulator = emulator;
    this.fileWork = new MachineFiles(this.bulk, this.link, new GuestFiles(emulator.fs), {
      isOff: () => this.isOff(),
      isPaused: () => this.holds.has('user'),
    });
    emulator.onConsoleOutput((port, bytes) => {
      if (port === AGENT_PORT) this.link.receive(bytes);
      else this.output(port).push(bytes);
    });
    emulator.onSerialByte((byte) => this.output('boot').push(Uint8Array.of(byte)));
    emulator.onHalted(() => void this.guestPowered('off'));
    if (emulator.fetchLink) this.setCable(emulator.fetchLink);
    this.useCable();
  }

  private createOutputs(histories: readonly Uint8Array[]): Map<ConsoleId, ConsoleOutput> {
    return new Map(
      CONSOLE_IDS.map((console, index) => [
        console,
        new ConsoleOutput(
          {
            send: (bytes) => this.ports.output(console, bytes),
            stalled: (stalled) => {
              if (stalled) void this.holds.hold(`console ${console}`);
              else this.holds.release(`console ${console}`);
            },
            schedule: later,
          },
          histories[index] ?? new Uint8Array(0),
        ),
      ]),
    );
  }

  private isOff(): boolean {
    return this.holds.has('power');
  }

  private async guestPowered(action: 'off' | 'reboot'): Promise<void> {
    if (this.holds.has('power')) return;
    await this.holds.hold('power');
    this.ports.event({ kind: 'power', action });
  }

  private reportLoad(emulator: Emulator): void {
    let lastMs = performance.now();
    let lastBusyMs = emulator.busyMs();
    setInterval(() => {
      const nowMs = performance.now();
      const busyMs = emulator.busyMs();
      this.ports.event({ kind: 'load', busyFraction: Math.min(1, (busyMs - lastBusyMs) / (nowMs - lastMs)) });
      lastMs = nowMs;
      lastBusyMs = busyMs;
    }, LOAD_REPORT_MS);
  }

  private output(console: ConsoleId): ConsoleOutput {
    const output = this.outputs.get(console);
    if (!output) throw new FailureError('bad-input', `There is no console ${console}.`);
    return output;
  }

  private running(): Emulator {
    if (!this.emulator) throw new FailureError('illegal-transition', 'The machine has not been started.');
    return this.emulator;
  }
}

function later(afterMs: number, run: () => void): void {
  setTimeout(run, afterMs);
}

/** What nobody waits for becomes a crash of the worker, which is told. */
function failLater(cause: unknown): void {
  later(0, () => {
    throw cause;
  });
}
