/** The worker of the plain machine: v86 by its public interface, beside ours (src/machine). */
import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { V86, type V86Options } from 'v86';
import { restoreFull } from '../src/machine/cpu-state.ts';
import { decodeState } from '../src/machine/state-decoder.ts';
import type { Cpu } from '../src/machine/v86-internals.ts';
import { plainBytes } from '../src/machine/wasm-view.ts';
import { VGA_MEMORY_MIB } from '../src/shared/model/machine-config.ts';
import { DONE, OutputWatch, PROMPT, SAY_DONE } from './output-watch.ts';
import type { PlainCommand, PlainNews } from './plain-protocol.ts';
import type { PlainMachine } from './runner-protocol.ts';

/** What is used of v86, which its own types leave out or give too narrowly. */
interface PlainV86 {
  readonly bus: { send(event: string, value: unknown): void };
  readonly v86: { readonly cpu: Cpu };
  readonly fs9p: { readonly storage: PlainStorage };
  add_listener(event: string, listener: (value: unknown) => void): void;
  run(): Promise<void>;
  stop(): Promise<void>;
  create_file(path: string, bytes: Uint8Array): Promise<void>;
  read_file(path: string): Promise<Uint8Array>;
  save_state(): Promise<ArrayBuffer>;
  restore_state(state: ArrayBuffer): Promise<void>;
}

/** v86's own storage: what is loaded is kept until the guest closes the file. */
interface PlainStorage {
  load_from_server(sha256: string): Promise<Uint8Array>;
  cache(sha256: string, bytes: Uint8Array): Promise<void>;
}

const parent = parentPort;
if (!parent) throw new Error('this file runs as a worker thread only');
const tell = (news: PlainNews): void => parent.postMessage(news);

/** The devices of our machines, so that one guest state means the same to both. */
function createV86(machine: PlainMachine, wasmPath: string, boots: boolean): PlainV86 {
  const { memoryMib, commandLine, biosPath, vgaBiosPath, kernelPath, initrdPath, fsJsonPath, filesFolder } = machine;
  const options = {
    wasm_path: wasmPath,
    memory_size: memoryMib * 2 ** 20,
    vga_memory_size: VGA_MEMORY_MIB * 2 ** 20,
    bios: { url: biosPath },
    vga_bios: { url: vgaBiosPath },
    ...(boots ? { bzimage: { url: kernelPath }, cmdline: commandLine } : {}),
    ...(boots && initrdPath !== null ? { initrd: { url: initrdPath } } : {}),
    filesystem: { baseurl: filesFolder, ...(boots ? { basefs: fsJsonPath } : {}) },
    virtio_console: true,
    net_device: machine.hasNetworkCard ? { type: 'virtio' } : {},
    acpi: false,
    autostart: false,
    disable_keyboard: true,
    disable_mouse: true,
    disable_speaker: true,
  };
  return new V86(options as unknown as V86Options) as unknown as PlainV86;
}

function ready(emulator: PlainV86): Promise<void> {
  return new Promise((resolve) => emulator.add_listener('emulator-ready', () => resolve()));
}

/** In a page v86 fetches each file by an XMLHttpRequest, which Node lacks. */
function fetchFiles({ storage }: PlainV86['fs9p'], baseUrl: string): void {
  storage.load_from_server = async (sha256) => {
    const bytes = new Uint8Array(await (await fetch(baseUrl + sha256)).arrayBuffer());
    await storage.cache(sha256, bytes);
    return bytes;
  };
}

async function restore(machine: PlainMachine, wasmPath: string, filesUrl: string | null): Promise<PlainV86> {
  const emulator = createV86(machine, wasmPath, false);
  emulator.add_listener('virtio-console0-output-bytes', (bytes) => tell({ t: 'output', bytes: bytes as Uint8Array }));
  // Read while v86 starts: nobody would wait for one and then for the other.
  const [file] = await Promise.all([readFile(machine.statePath), ready(emulator)]);
  const whole = file.byteLength === file.buffer.byteLength;
  const state = whole ? file.buffer : file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
  await emulator.restore_state(state);
  if (filesUrl !== null) fetchFiles(emulator.fs9p, filesUrl);
  void emulator.run();
  tell({ t: 'running' });
  return emulator;
}

/** At the prompt, caches dropped, idle: as src/images/base-snapshot.ts leaves ours. */
async function save(machine: PlainMachine, wasmPath: string): Promise<void> {
  const emulator = createV86(machine, wasmPath, true);
  const terminal = new OutputWatch();
  emulator.add_listener('virtio-console0-output-bytes', (bytes) => terminal.push(bytes as Uint8Array));
  const atPrompt = terminal.see(PROMPT);
  await ready(emulator);
  void emulator.run();
  await atPrompt;
  await idle(emulator);
  const dropped = terminal.see(DONE);
  const command = `cd; sync; echo 3 >/proc/sys/vm/drop_caches${SAY_DONE}`;
  emulator.bus.send('virtio-console0-input-bytes', new TextEncoder().encode(command));
  await dropped;
  await idle(emulator);
  await emulator.stop();
  await writeOut(emulator, machine);
}

async function writeOut(emulator: PlainV86, machine: PlainMachine): Promise<void> {
  const state = new Uint8Array(await emulator.save_state());
  await writeFile(machine.statePath, state);
  tell({ t: 'saved', sizeBytes: state.byteLength });
}

/** So both ways begin with one guest, to the last byte of its memory. */
async function adopt(machine: PlainMachine, wasmPath: string, rawPath: string): Promise<void> {
  const emulator = createV86(machine, wasmPath, false);
  await ready(emulator);
  const { cpu } = emulator.v86;
  const { tree } = await decodeState(createReadStream(rawPath), () => Promise.resolve(plainBytes(cpu.mem8)));
  restoreFull(cpu, tree);
  await writeOut(emulator, machine);
}

/** The guest runs until v86 begins and after it is done: it stands still for all of it. */
async function timeSave(emulator: PlainV86): Promise<void> {
  const began = performance.now();
  await emulator.save_state();
  tell({ t: 'save-timed', pauseMs: performance.now() - began });
}

/** Waits until the guest has slept for a while, not only between two interrupts. */
async function idle(emulator: PlainV86): Promise<void> {
  for (let quiet = 0; quiet < 50;) {
    await delay(2);
    quiet = emulator.v86.cpu.in_hlt[0] === 1 ? quiet + 1 : 0;
  }
}

let running: PlainV86 | null = null;
parent.on('message', (command: PlainCommand) => {
  if (command.t === 'type') {
    running?.bus.send('virtio-console0-input-bytes', command.bytes);
    return;
  }
  if (command.t === 'create-file') {
    void running?.create_file(command.path, command.bytes).then(() => tell({ t: 'file', bytes: null }));
    return;
  }
  if (command.t === 'read-file') {
    void running?.read_file(command.path).then((bytes) => tell({ t: 'file', bytes }));
    return;
  }
  if (command.t === 'stop') {
    void running?.stop().then(() => tell({ t: 'stopped' }));
    return;
  }
  if (command.t === 'run') {
    void running?.run();
    return;
  }
  if (command.t === 'time-save') {
    if (running) void timeSave(running);
    return;
  }
  const { machine, wasmPath } = command;
  const work =
    command.t === 'adopt'
      ? adopt(machine, wasmPath, command.rawPath)
      : command.t === 'save'
        ? save(machine, wasmPath)
        : restore(machine, wasmPath, command.filesUrl).then((emulator) => {
            running = emulator;
          });
  // A rejection nobody handles ends the worker, and its error event says why.
  void work;
});
tell({ t: 'loaded' });
