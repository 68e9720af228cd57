import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { createSpareEmulator } from './v86.ts';

it('has guest code compiled page by page, by the setting that v86 itself knows by that name', async () => {
  const build = path.join(import.meta.dirname, '..', '..', 'node_modules', 'v86', 'build');
  const wasm = await WebAssembly.compile(await readFile(path.join(build, 'v86.wasm')));
  const { cpu } = await createSpareEmulator(wasm, { memoryMib: 32, vgaMemoryMib: 2 });
  const { exports } = (cpu as unknown as { wm: { exports: { get_jit_config(index: number): number } } }).wm;
  expect(exports.get_jit_config(1)).toBe(1);
  // v86 shows its settings to developers in this order.
  expect(await readFile(path.join(build, 'libv86-debug.mjs'), 'utf8')).toMatch(
    /"MAX_PAGES=" \+ [\w$.]+\.exports\.get_jit_config\(1\)/,
  );
});
