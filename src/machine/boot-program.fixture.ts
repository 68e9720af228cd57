/**
 * A program of our own in a kernel's place, for tests of the display: v86 loads its first sectors at 0x80000 and
 * jumps to 0x80200 in real mode (src/kernel.js), where the firmware's calls are there.
 */
export function bootProgram(code: readonly number[]): Uint8Array {
  const setupSectors = 4;
  const kernel = new Uint8Array(512 * (setupSectors + 2));
  const view = new DataView(kernel.buffer);
  kernel[0x1f1] = setupSectors;
  view.setUint16(0x1fe, 0xaa55, true);
  // Over the header of Linux's boot protocol, which v86 writes into.
  kernel.set([0xeb, 0x6e], 0x200);
  kernel.set(new TextEncoder().encode('HdrS'), 0x202);
  view.setUint16(0x206, 0x020c, true);
  kernel[0x211] = 1;
  view.setUint32(0x238, 255, true);
  kernel.set(code, 0x270);
  return kernel;
}

const REST = [0xfb, 0xf4, 0xeb, 0xfd]; // sti; hlt; again

/** Mode 13h (320 × 200, 256 colours): the upper half red, the lower one black. */
export const PALETTE_PICTURE = [
  ...[0xb8, 0x13, 0x00, 0xcd, 0x10], // mov ax, 13h; int 10h
  ...[0xb8, 0x00, 0xa0, 0x8e, 0xc0], // mov ax, A000h; mov es, ax
  ...[0x31, 0xff, 0xb0, 0x04], // xor di, di; mov al, 4
  ...[0xb9, 0x00, 0x7d, 0xf3, 0xaa], // mov cx, 32000; rep stosb
  ...REST,
];

/** VBE mode 112h (640 × 480, true colour) by the bank at A000h: the first 16,384 pixels white. */
export const TRUE_COLOUR_PICTURE = [
  ...[0xb8, 0x02, 0x4f, 0xbb, 0x12, 0x01, 0xcd, 0x10], // mov ax, 4F02h; mov bx, 112h; int 10h
  ...[0xb8, 0x00, 0xa0, 0x8e, 0xc0], // mov ax, A000h; mov es, ax
  ...[0x31, 0xff, 0xb0, 0xff], // xor di, di; mov al, FFh
  ...[0xb9, 0xff, 0xff, 0xf3, 0xaa], // mov cx, FFFFh; rep stosb
  ...REST,
];

/** Prints what is typed. */
export const ECHO = [
  0xfb, // sti
  ...[0xb4, 0x00, 0xcd, 0x16], // mov ah, 0; int 16h: waits for a key
  ...[0xb4, 0x0e, 0xbb, 0x07, 0x00, 0xcd, 0x10], // mov ah, 0Eh; mov bx, 7; int 10h
  ...[0xeb, 0xf3], // again
];
