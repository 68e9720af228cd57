import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PAGE_BYTES } from '../shared/bulk/state-plan.ts';
import { copyMemory } from './memory-pages.ts';
import { encodeState, type MachineState } from './state-codec.ts';

/*
 * The library keeps a page once, wherever it is in a state. So what counts is how many pages of a second state were not
 * in the first.
 */
const INODES = 3000;
const MEMORY_PAGES = 200;
/** Header, registers and device state before the list of inodes; what follows it, and the places of buffers. */
const ALWAYS_CHANGED_PAGES = 8;

interface TestMachine {
  readonly inodes: unknown[][];
  readonly written: Map<number, Uint8Array>;
  readonly memory: Uint8Array;
  readonly registers: number;
  readonly console: Uint8Array;
}

function machine(): TestMachine {
  return {
    inodes: Array.from({ length: INODES }, (_, id) => inode(id, 1000)),
    written: new Map(Array.from({ length: 300 }, (_, index) => [index * 10, bytesOf(index, 50 + index * 40)])),
    memory: new Uint8Array(MEMORY_PAGES * PAGE_BYTES).map((_, index) => index / PAGE_BYTES + index),
    registers: 1,
    console: new TextEncoder().encode('a line of output\n'.repeat(900)),
  };
}

/** As v86 keeps it: mode, what it is, locks, status, size, owner, times, versions, links. */
function inode(id: number, mtime: number): unknown[] {
  return [
    33188,
    createHash('sha256').update(String(id)).digest('hex'),
    [],
    2,
    id * 17,
    0,
    0,
    id,
    5,
    mtime,
    5,
    0,
    id,
    1,
  ];
}

function bytesOf(seed: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => (seed * 31 + index * 7 + (index >> 8)) % 251);
}

function stateOf({ inodes, written, memory, registers, console }: TestMachine): MachineState {
  const tree: unknown[] = Array.from({ length: 92 }, (_, index) => registers * index);
  const files = [
    inodes,
    inodes.length,
    [...written].sort(([a], [b]) => a - b).map(([id, bytes]) => [String(id), bytes]),
  ];
  tree[1] = new Uint8Array(16).fill(registers);
  tree[45] = [0, 1, new Uint8Array(100), null, 4, 5, 6, 7, [[registers, 'fid']], files];
  tree[52] = [new Uint8Array(2 * 1024 * 1024).fill(3, 0, 70_000), new Uint32Array(256)];
  tree[80] = [registers, 'uart'];
  return { content: 'full', tree, consoles: [console, Uint8Array.of(1)], memory: copyMemory(memory) };
}

/** How many pages the second state has that the first has not. */
function newPages(first: MachineState, second: MachineState): number {
  const known = new Set(pageHashes(first));
  return new Set(pageHashes(second).filter((hash) => !known.has(hash))).size;
}

function pageHashes(state: MachineState): string[] {
  const hashes: string[] = [];
  for (const page of encodeState(state).pieces(PAGE_BYTES))
    hashes.push(createHash('sha256').update(page).digest('hex'));
  return hashes;
}

describe('two states of a machine', () => {
  const before = machine();
  const first = stateOf(before);

  it('are whole pages, the memory behind the front', () => {
    const { sizeBytes, frontBytes } = encodeState(first);
    expect(frontBytes % PAGE_BYTES).toBe(0);
    expect(sizeBytes - frontBytes).toBe(MEMORY_PAGES * PAGE_BYTES);
  });

  it('have all pages in common when nothing changed', () => {
    expect(newPages(first, stateOf(machine()))).toBe(0);
  });

  it('differ in few pages when registers and a console changed', () => {
    const console = Uint8Array.of(...before.console, 65, 66, 67);
    expect(newPages(first, stateOf({ ...before, registers: 77, console }))).toBeLessThanOrEqual(
      ALWAYS_CHANGED_PAGES + 1,
    );
  });

  it('differ in a page for each page of memory that changed', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: MEMORY_PAGES - 1 }), { maxLength: 30 }), (pages) => {
        const memory = before.memory.slice();
        for (const page of pages) memory[page * PAGE_BYTES + 5]! ^= 0xff;
        expect(newPages(first, stateOf({ ...before, memory }))).toBeLessThanOrEqual(pages.length);
      }),
      { numRuns: 20 },
    );
  });

  it('differ in a page or two for each inode that changed, however its length changes', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.nat({ max: INODES - 1 }), fc.nat()), { maxLength: 20, selector: ([id]) => id }),
        (changes) => {
          const inodes = [...before.inodes];
          for (const [id, mtime] of changes) inodes[id] = inode(id, mtime);
          const bound = 2 * changes.length + ALWAYS_CHANGED_PAGES;
          expect(newPages(first, stateOf({ ...before, inodes }))).toBeLessThanOrEqual(bound);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('differ in little more than a new file when one was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60_000 }), (sizeBytes) => {
        const inodes = [...before.inodes, inode(INODES, 7)];
        const written = new Map(before.written).set(INODES, bytesOf(99, sizeBytes));
        const bound = Math.ceil(sizeBytes / PAGE_BYTES) + 2 + ALWAYS_CHANGED_PAGES;
        expect(newPages(first, stateOf({ ...before, inodes, written }))).toBeLessThanOrEqual(bound);
      }),
      { numRuns: 20 },
    );
  });

  it('have the other files in common when one in the middle was written, grew or was removed', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2900 }), fc.nat({ max: 60_000 }), (id, sizeBytes) => {
        const written = new Map(before.written).set(id, bytesOf(99, sizeBytes));
        if (sizeBytes === 0) written.delete(id);
        // The list of files and that of places, from there on, and the small files beside it.
        const bound = Math.ceil(sizeBytes / PAGE_BYTES) + 2 * Math.ceil(300 / 16) + 3 + ALWAYS_CHANGED_PAGES;
        expect(newPages(first, stateOf({ ...before, written }))).toBeLessThanOrEqual(bound);
      }),
      { numRuns: 20 },
    );
  });
});
