import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PAGE_BYTES } from '../shared/bulk/state-plan.ts';
import { makeCopyRoom } from './copy-room.ts';
import { copyMemory } from './memory-pages.ts';
import { pageScan } from './page-scan.ts';

const WASM_PAGE_BYTES = 65_536;

/** A guest's memory inside a larger one, not at a page of it, with nothing but what is said. */
function guestMemory(pageCount: number, offset = 48): { wasm: WebAssembly.Memory; memory: Uint8Array } {
  const wasm = new WebAssembly.Memory({ initial: Math.ceil((offset + pageCount * PAGE_BYTES) / WASM_PAGE_BYTES) + 1 });
  new Uint8Array(wasm.buffer).fill(0xff);
  const memory = new Uint8Array(wasm.buffer, offset, pageCount * PAGE_BYTES).fill(0);
  return { wasm, memory };
}

describe('pageScan', () => {
  it('finds a single byte, wherever in a page it is', () => {
    const { wasm, memory } = guestMemory(3);
    for (let at = 0; at < PAGE_BYTES; at += 1) {
      memory[PAGE_BYTES + at] = 1;
      for (const scan of [pageScan(memory, wasm), pageScan(memory, null)]) {
        expect([scan(0), scan(1), scan(2), scan(3)], `byte ${at}`).toEqual([1, 1, 3, 3]);
      }
      memory[PAGE_BYTES + at] = 0;
    }
  });

  it('agrees with itself without WebAssembly', () => {
    const { wasm, memory } = guestMemory(64);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 63 }), fc.nat({ max: PAGE_BYTES - 1 }))), (bytes) => {
        memory.fill(0);
        for (const [page, at] of bytes) memory[page * PAGE_BYTES + at] = 0x80;
        const [fast, slow] = [pageScan(memory, wasm), pageScan(memory, null)];
        for (let page = 0; page <= 64; page += 1) expect(fast(page)).toBe(slow(page));
      }),
    );
  });

  it('looks at the memory it is given, when WebAssembly has another', () => {
    const { memory } = guestMemory(2);
    memory[PAGE_BYTES] = 1;
    expect(pageScan(memory, guestMemory(2).wasm)(0)).toBe(1);
  });

  it('uses a memory that has grown', () => {
    const { wasm } = guestMemory(4);
    wasm.grow(3);
    const memory = new Uint8Array(wasm.buffer, 48, 4 * PAGE_BYTES);
    memory[3 * PAGE_BYTES + 9] = 7;
    expect(pageScan(memory, wasm)(0)).toBe(3);
  });
});

describe('room for a copy', () => {
  it('holds the pages of a guest, more of them than it had', async () => {
    const { wasm, memory } = guestMemory(40_000);
    for (let page = 0; page < 40_000; page += 7) memory[page * PAGE_BYTES + 5] = page;
    let breaths = 0;
    const room = await makeCopyRoom(
      () => memory,
      wasm,
      () => {
        // The guest writes meanwhile, also where was looked at already.
        memory[(breaths % 900) * PAGE_BYTES + 11] = 1;
        breaths += 1;
        return Promise.resolve();
      },
    );
    expect(breaths).toBeGreaterThan(8);
    const copied = copyMemory(memory, wasm, room);
    expect(copied.pages.buffer).toBe(room.buffer);
    const plain = copyMemory(memory);
    expect(Buffer.compare(copied.pages, plain.pages)).toBe(0);
    expect(copied.bitmap).toEqual(plain.bitmap);
  });

  it('is not used when it is too small', () => {
    const { wasm, memory } = guestMemory(8);
    memory.fill(3);
    const room = new Uint8Array(7 * PAGE_BYTES);
    expect(Buffer.compare(copyMemory(memory, wasm, room).pages, memory)).toBe(0);
    expect(room.every((byte) => byte === 0)).toBe(true);
  });
});
