import { V86, type V86Options } from 'v86';
import type { FrameLink } from '../shared/link/frame-link.ts';
import { fetchLink } from './fetch-link.ts';
import { boundGuestFiles, guardFileServer } from './file-server-guard.ts';
import { IdleRest } from './idle-rest.ts';
import { NetworkCard } from './network-card.ts';
import type { ScreenInput } from './screen-frame.ts';
import { sendScreenInput } from './screen-input.ts';
import type { Cpu, FetchConnection, FileSystem, FileStorage, StoredFileSystem, V86Internals } from './v86-internals.ts';

/*
 * The only file that imports v86. Everything it relies on beyond the public API is typed in
 * v86-internals.ts and explained in docs/v86-internals.md; the version is pinned exactly.
 */

export interface EmulatorOptions {
  readonly memoryMib: number;
  readonly vgaMemoryMib: number;
  readonly commandLine: string;
  /** All null when a full state follows: firmware and kernel are then already in its memory. */
  readonly bios: Uint8Array | null;
  readonly vgaBios: Uint8Array | null;
  readonly kernel: Uint8Array | null;
  readonly initrd: Uint8Array | null;
  readonly wasm: WebAssembly.Module;
  /** Whether v86's own network without a relay is there. */
  readonly hasFetch: boolean;
}

/** The four virtio console ports; 3 belongs to the guest agent. */
export type ConsolePort = 0 | 1 | 2 | 3;

/** Files of an image, for v86 and beyond what it asks for. */
export interface OpenedFiles extends FileStorage {
  /** The guest has opened a file, and will probably read it. */
  opened(sha256: string, sizeBytes: number): void;
}

/** One v86 machine, stopped until `run`. */
export interface Emulator {
  readonly cpu: Cpu;
  readonly fs: FileSystem;
  readonly network: NetworkCard;
  /** The cable to v86's own network; not plugged in yet. */
  readonly fetchLink: FrameLink | null;
  run(): void;
  /** Resolves once no more instruction runs. At once when already stopped. */
  stop(): Promise<void>;
  isRunning(): boolean;
  /** True while the guest waits for an interrupt. */
  isIdle(): boolean;
  /** 9p requests the guest has made and not been answered. */
  fileRequestsInFlight(): number;
  /** Has something done before each 9p request of the guest; null for nothing. */
  beforeFileRequests(run: (() => void) | null): void;
  /** How long the guest has been executing, in all. */
  busyMs(): number;
  onConsoleOutput(listener: (port: ConsolePort, bytes: Uint8Array) => void): void;
  onSerialByte(listener: (byte: number) => void): void;
  /** HLT with interrupts off: the guest has switched itself off. */
  onHalted(listener: () => void): void;
  /** Hands one piece of input to the guest; false when it has no buffer free, nothing was taken. */
  offerInput(port: ConsolePort, bytes: Uint8Array): boolean;
  setFileStorage(storage: OpenedFiles): void;
  /** Gives what a person does to the keyboard and mouse beside the screen. */
  screenInput(input: ScreenInput): void;
  /**
   * Bounds what the guest may write; once its files are in place.
   * @param waitingBytes of files that will be put in place
   */
  boundFiles(maxBytes: number, waitingBytes: number): void;
}

/** Linux gives virtio-console receive buffers of one page; more than that in one piece is cut off. */
export const INPUT_PIECE_MAX_BYTES = 4096;

/**
 * Index of a setting of v86's compiler. It compiles one module at a time and interprets meanwhile; by itself it takes up to
 * three pages of guest code into one, which V8 compiles for too long: a first start of Python was two times slower.
 */
const JIT_PAGES_PER_MODULE = 1;

/**
 * Creates a machine. Nothing runs yet, memory is all zero.
 * @throws when v86 cannot start (out of memory, a broken wasm module)
 */
export async function createEmulator(options: EmulatorOptions): Promise<Emulator> {
  const settings = {
    wasm_fn: async (imports: WebAssembly.Imports) => (await WebAssembly.instantiate(options.wasm, imports)).exports,
    memory_size: options.memoryMib * 1024 * 1024,
    vga_memory_size: options.vgaMemoryMib * 1024 * 1024,
    ...(options.bios ? { bios: { buffer: wholeBuffer(options.bios) } } : {}),
    ...(options.vgaBios ? { vga_bios: { buffer: wholeBuffer(options.vgaBios) } } : {}),
    ...(options.kernel ? { bzimage: { buffer: wholeBuffer(options.kernel) } } : {}),
    ...(options.initrd ? { initrd: { buffer: wholeBuffer(options.initrd) } } : {}),
    cmdline: options.commandLine,
    filesystem: {},
    virtio_console: true,
    // Without a `relay_url` v86 has no network of its own.
    net_device: { type: 'virtio', ...(options.hasFetch ? { relay_url: 'fetch' } : {}) },
    acpi: false,
    autostart: false,
    disable_keyboard: true,
    disable_mouse: true,
    disable_speaker: true,
  };
  // v86's own types are behind its code (they lack the boolean console option and every internal).
  const machine = new V86(settings as unknown as V86Options) as unknown as V86Internals;

  await new Promise<void>((resolve) => machine.add_listener('emulator-loaded', () => resolve()));
  const cpu = machine.v86.cpu;
  cpu.set_jit_config(JIT_PAGES_PER_MODULE, 1);
  const fs = machine.fs9p;
  const fileServer = guardFileServer(cpu);
  const network = new NetworkCard(cpu.devices.virtio_net.virtio, () => machine.cpu_is_running);
  machine.add_listener('net0-send', (frame) => {
    if (frame instanceof Uint8Array) network.transmit(frame);
  });
  const adapter = machine.network_adapter;
  const ownNetwork = adapter
    ? fetchLink(adapter, (listener) => {
        machine.add_listener('tcp-connection', (connection) => listener(connection as FetchConnection));
      })
    : null;
  const busyMs = wrapMainLoop(cpu, () => network.drain());

  return {
    cpu,
    fs,
    network,
    fetchLink: ownNetwork,
    run: () => {
      void machine.run();
    },
    stop: async () => {
      const stopped = machine.stop();
      // An idle machine would notice only at its next timer, up to 100 ms away.
      if (machine.cpu_is_running) machine.v86.next_tick(0);
      await stopped;
    },
    isRunning: () => machine.cpu_is_running,
    isIdle: () => cpu.in_hlt[0] === 1,
    fileRequestsInFlight: () => fileServer.inFlight(),
    beforeFileRequests: (run) => fileServer.beforeRequests(run),
    busyMs,
    onConsoleOutput: (listener) => {
      for (const port of [0, 1, 2, 3] as const) {
        machine.add_listener(`virtio-console${port}-output-bytes`, (bytes) => {
          if (bytes instanceof Uint8Array) listener(port, bytes);
        });
      }
    },
    onSerialByte: (listener) => {
      machine.add_listener('serial0-output-byte', (byte) => {
        if (typeof byte === 'number') listener(byte);
      });
    },
    onHalted: (listener) => machine.add_listener('cpu-event-halt', listener),
    offerInput: (port, bytes) => {
      const queue = cpu.devices.virtio_console.virtio.queues[port === 0 ? 0 : 2 * port + 2];
      if (!queue?.is_configured() || !queue.has_request()) return false;
      machine.bus.send(`virtio-console${port}-input-bytes`, bytes);
      return true;
    },
    screenInput: (input) => sendScreenInput(machine.bus, input),
    boundFiles: (maxBytes, waitingBytes) => boundGuestFiles(fs, maxBytes, waitingBytes),
    setFileStorage: (storage) => {
      fs.storage = storage;
      tellOfOpens(fs, storage);
    },
  };
}

/** Of an inode: its bytes are with the storage. */
const ON_STORAGE = 2;

function tellOfOpens(fs: StoredFileSystem, storage: OpenedFiles): void {
  const openInode = fs.OpenInode.bind(fs);
  fs.OpenInode = (id, mode) => {
    const inode = fs.inodes[id];
    if (inode?.status === ON_STORAGE) storage.opened(inode.sha256sum, inode.size);
    return openInode(id, mode);
  };
}

/** An emulator for a full state of this size: with nothing in it to boot from. */
export function createSpareEmulator(
  wasm: WebAssembly.Module,
  size: { readonly memoryMib: number; readonly vgaMemoryMib: number },
  hasFetch = false,
): Promise<Emulator> {
  const { memoryMib, vgaMemoryMib } = size;
  const nothing = { commandLine: '', bios: null, vgaBios: null, kernel: null, initrd: null };
  return createEmulator({ ...nothing, memoryMib, vgaMemoryMib, wasm, hasFetch });
}

/** v86 takes ArrayBuffers whole, so a view into a larger one is copied out; a bzImage's length must be a multiple of 4. */
function wholeBuffer(bytes: Uint8Array): ArrayBuffer {
  const padded = new Uint8Array((bytes.byteLength + 3) & ~3);
  padded.set(bytes);
  return padded.buffer;
}

/**
 * Times the guest's slices of execution and does something after each that returns whether the guest was interrupted.
 * @returns the sum of their times so far
 */
function wrapMainLoop(cpu: Cpu, afterSlice: () => boolean): () => number {
  const mainLoop = cpu.main_loop;
  const rest = new IdleRest();
  let busyMs = 0;
  cpu.main_loop = () => {
    const began = performance.now();
    const sleepMs = mainLoop.call(cpu);
    const now = performance.now();
    busyMs += now - began;
    // v86 has decided how long to sleep before the interrupt came, and wakes only for one that finds it asleep.
    const askedMs = afterSlice() ? 0 : sleepMs;
    return rest.sleepMs(began, now, askedMs, cpu.in_hlt[0] === 1);
  };
  return () => busyMs;
}
