import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { copyHome, joinHome } from '../../scripts/test-home.ts';
import { TestMachine } from '../../scripts/test-machine.ts';
import type { Library } from '../library/library.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import { bootProgram, ECHO, PALETTE_PICTURE, TRUE_COLOUR_PICTURE } from './boot-program.fixture.ts';
import type { ScreenFrame } from './screen-frame.ts';
import { createEmulator, type Emulator } from './v86.ts';
import { VgaScreen } from './vga-screen.ts';

/** The characters of code page 437 below 128 are ASCII's. */
const textOf = (frame: ScreenFrame): string =>
  frame.kind === 'text' ? String.fromCharCode(...frame.characters).replaceAll('\0', ' ') : '';

describe('the display', () => {
  let home = '';
  let library: Library;
  let image: ImageManifest;
  const ends: (() => void)[] = [];
  beforeAll(async () => {
    home = await copyHome(inject('tinyHome'));
    library = await joinHome(home);
    image = await library.images.find('tiny');
  });
  afterAll(() => rm(home, { recursive: true, force: true }));
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  const blob = (sha256: string): Promise<Buffer> => readFile(path.join(home, 'blobs', sha256.slice(0, 2), sha256));

  async function boot(program: readonly number[]): Promise<Emulator> {
    const emulator = await createEmulator({
      memoryMib: 64,
      vgaMemoryMib: 8,
      commandLine: '',
      hasFetch: false,
      bios: await blob(image.bios.sha256),
      vgaBios: await blob(image.vgaBios.sha256),
      kernel: bootProgram(program),
      initrd: null,
      wasm: await WebAssembly.compile(await readFile(inject('machineParts').wasmPath)),
    });
    ends.push(() => void emulator.stop());
    emulator.run();
    return emulator;
  }

  /** Looks until it sees what it is to see. */
  function see(emulator: Emulator, isIt: (frame: ScreenFrame) => boolean): Promise<ScreenFrame> {
    return new Promise((resolve) => {
      const display: VgaScreen = new VgaScreen(emulator.cpu.devices.vga, {
        send: (frame, number) => {
          display.acked(number);
          if (!isIt(frame)) return;
          display.detach();
          resolve(frame);
        },
        schedule: (afterMs, run) => void setTimeout(run, afterMs),
      });
      display.attach();
    });
  }

  it('shows what the firmware has printed, also after a restore', async () => {
    const vm = await library.createVm({ name: 'screen', imageId: image.id, memoryMib: image.memoryMib });
    const machine = await TestMachine.start({ library, parts: inject('machineParts'), vm, image, from: 'base' });
    ends.push(() => machine.dispose());
    const frame = await new Promise<ScreenFrame>((resolve, reject) => {
      machine.client.attachScreen({ show: (shown) => resolve(shown) }).catch(reject);
    });
    expect(frame).toMatchObject({ kind: 'text', columns: 80, rows: 25 });
    expect(textOf(frame)).toMatch(/SeaBIOS/);
  });

  it('shows a palette’s pixels', async () => {
    const emulator = await boot(PALETTE_PICTURE);
    const red = (frame: ScreenFrame, row: number): number =>
      frame.kind === 'picture' ? (frame.pixels[4 * frame.width * row] ?? 0) : 0;
    const frame = await see(emulator, (seen) => red(seen, 99) > 0);
    expect(frame).toMatchObject({ kind: 'picture', width: 320, height: 200 });
    expect(red(frame, 199)).toBe(0);
  });

  it('shows true colours', async () => {
    const emulator = await boot(TRUE_COLOUR_PICTURE);
    const frame = await see(emulator, (seen) => seen.kind === 'picture' && seen.pixels[4 * 16_000] === 255);
    expect(frame).toMatchObject({ kind: 'picture', width: 640, height: 480 });
    if (frame.kind === 'picture') expect([...frame.pixels.subarray(0, 4)]).toEqual([255, 255, 255, 255]);
  });

  it('passes keys to the guest’s keyboard', async () => {
    const emulator = await boot(ECHO);
    await see(emulator, (frame) => textOf(frame).includes('SeaBIOS'));
    // Shift down, H, Shift up, I: the program may not be there yet for the first ones.
    const typed = setInterval(
      () => emulator.screenInput({ kind: 'keys', codes: Uint8Array.of(0x2a, 0x23, 0xa3, 0xaa, 0x17, 0x97) }),
      200,
    );
    ends.push(() => clearInterval(typed));
    expect(textOf(await see(emulator, (frame) => textOf(frame).includes('Hi')))).toContain('Hi');
  });
});
