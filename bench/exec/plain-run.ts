/**
 * `plain-run WASM MACHINE`: the plain way to run one command in a restored v86 from a script, as its readme shows it: restore the
 * state, type the command on the console, wait for what it prints last, end. MACHINE is a PlainMachine as JSON.
 */
import { readFile } from 'node:fs/promises';
import { V86, type V86Options } from 'v86';
import { VGA_MEMORY_MIB } from '../../src/shared/model/machine-config.ts';
import { OutputWatch } from '../output-watch.ts';
import type { PlainMachine } from '../runner-protocol.ts';

interface PlainV86 {
  readonly bus: { send(event: string, value: unknown): void };
  add_listener(event: string, listener: (value: unknown) => void): void;
  run(): Promise<void>;
  restore_state(state: ArrayBuffer): Promise<void>;
}

const [wasmPath = '', machineText = ''] = process.argv.slice(2);
const machine = JSON.parse(machineText) as PlainMachine;
const options = {
  wasm_path: wasmPath,
  memory_size: machine.memoryMib * 2 ** 20,
  vga_memory_size: VGA_MEMORY_MIB * 2 ** 20,
  bios: { url: machine.biosPath },
  vga_bios: { url: machine.vgaBiosPath },
  filesystem: { baseurl: machine.filesFolder },
  virtio_console: true,
  net_device: {},
  acpi: false,
  autostart: false,
  disable_keyboard: true,
  disable_mouse: true,
  disable_speaker: true,
};
const emulator = new V86(options as unknown as V86Options) as unknown as PlainV86;
const terminal = new OutputWatch();
emulator.add_listener('virtio-console0-output-bytes', (bytes) => terminal.push(bytes as Uint8Array));
const [file] = await Promise.all([
  readFile(machine.statePath),
  new Promise<void>((resolve) => emulator.add_listener('emulator-ready', () => resolve())),
]);
await emulator.restore_state(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength));
void emulator.run();
const done = terminal.see('%done%');
emulator.bus.send('virtio-console0-input-bytes', new TextEncoder().encode("true; printf '%s%s' %do ne%\n"));
await done;
process.exit(0);
