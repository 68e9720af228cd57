import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { tunedEmulatorCode } from './emulator-code.ts';

const path = createRequire(import.meta.url).resolve('v86/build/v86.wasm');
/** `i32.const 200000; i32.lt_u`, and the same with 400,000. */
const THEIRS = [0x41, 0xc0, 0x9a, 0x0c, 0x49];
const OURS = [0x41, 0x80, 0xb5, 0x18, 0x49];

it('changes one constant of the pinned v86, which stays as it was', async () => {
  const code = new Uint8Array(await readFile(path));
  const before = code.slice();
  const tuned = tunedEmulatorCode(code);
  expect(Buffer.compare(code, before)).toBe(0);
  const changed = [...tuned.keys()].filter((at) => tuned[at] !== code[at]);
  const [first = 0] = changed;
  expect(changed).toEqual([first, first + 1, first + 2]);
  expect([...code.subarray(first - 1, first + 4)]).toEqual(THEIRS);
  expect([...tuned.subarray(first - 1, first + 4)]).toEqual(OURS);
  expect(WebAssembly.validate(tuned)).toBe(true);
});

it('changes nothing in code that it does not know', () => {
  expect(() => tunedEmulatorCode(new Uint8Array())).toThrow('0 places');
  expect(() => tunedEmulatorCode(new Uint8Array([...THEIRS, 0, ...THEIRS]))).toThrow('2 places');
});
