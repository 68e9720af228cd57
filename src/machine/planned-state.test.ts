import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadZstd, type Zstd } from '../library/zstd.ts';
import {
  decodeStatePlan,
  encodeStatePlan,
  PAGE_BYTES,
  type PlannedBlock,
  type StatePlan,
} from '../shared/bulk/state-plan.ts';
import { fileServerState, fileSystemState, stateWrittenFiles } from './file-system-state.ts';
import { copyMemory } from './memory-pages.ts';
import { oldContainer } from './old-container.fixture.ts';
import { loadPlannedState, type FileLists } from './planned-state.ts';
import { encodeState, type MachineState } from './state-codec.ts';
import type { DecodedState } from './state-decoder.ts';
import type { WrittenFile } from './written-files.ts';
import { ZstdDecoder } from './zstd-decoder.ts';

const BLOCK_PAGES = 16;

describe('a state that comes by a plan', () => {
  let zstd: Zstd;
  let wasm: WebAssembly.Module;
  beforeAll(async () => {
    zstd = await loadZstd();
    wasm = await WebAssembly.compile(await readFile(createRequire(import.meta.url).resolve('v86/build/v86.wasm')));
  });

  /** As the library does it: each page once, zeros nowhere, in blocks, of which the front's come first. */
  function planOf(
    container: Uint8Array,
    frontBytes: number,
    packPages: number,
  ): { plan: StatePlan; stored: Uint8Array[] } {
    const places = new Map<string, { bytes: Uint8Array; pages: number[] }>();
    for (let page = 0; page * PAGE_BYTES < container.byteLength; page += 1) {
      const bytes = new Uint8Array(PAGE_BYTES);
      bytes.set(container.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES));
      if (bytes.every((byte) => byte === 0)) continue;
      const key = createHash('sha256').update(bytes).digest('hex');
      const place = places.get(key) ?? { bytes, pages: [] };
      place.pages.push(page);
      places.set(key, place);
    }
    const contents = [...places.values()];
    const blocks: PlannedBlock[] = [];
    const stored: Uint8Array[] = [];
    for (let first = 0; first < contents.length; first += packPages) {
      const inBlock = contents.slice(first, first + packPages);
      const raw = new Uint8Array(Buffer.concat(inBlock.map(({ bytes }) => bytes)));
      const codec = (first / packPages) % 3 === 1 ? 'stored' : 'zstd';
      // Not a Buffer, whose slices share its memory.
      const bytes = codec === 'zstd' ? new Uint8Array(zstd.compress(raw)) : raw;
      stored.push(bytes);
      blocks.push({
        storedBytes: bytes.byteLength,
        rawBytes: raw.byteLength,
        codec,
        uses: inBlock.flatMap(({ pages }, rank) => pages.map((page) => ({ rank, page }))),
      });
    }
    return { plan: decodeStatePlan(encodeStatePlan({ sizeBytes: container.byteLength, frontBytes, blocks })), stored };
  }

  async function load(
    plan: StatePlan,
    stored: readonly Uint8Array[],
    memoryBytes: number,
    blocksAPiece = 3,
  ): Promise<{ state: DecodedState; memory: Uint8Array }> {
    const memory = new Uint8Array(memoryBytes);
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      for (let first = 0; first < stored.length; first += blocksAPiece) {
        yield await Promise.resolve(new Uint8Array(Buffer.concat(stored.slice(first, first + blocksAPiece))));
      }
    };
    const decoder = await ZstdDecoder.create(wasm);
    const { writtenFiles, fileLists, ...state } = await loadPlannedState(plan, pieces(), decoder, () =>
      Promise.resolve(memory),
    );
    return { state: withLists(withWritten(state, writtenFiles), fileLists), memory };
  }

  const fills = fc.array(fc.oneof(fc.constant(0), fc.nat({ max: 3 }), fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 120,
  });
  const states = fc
    .record({
      fills,
      inodes: fc.constantFrom(0, 5, 127, 128, 500),
      files: fc.array(fc.uint8Array({ maxLength: 9000 }), { maxLength: 5 }),
      seed: fc.nat(),
    })
    .map((each) => {
      const memory = new Uint8Array(each.fills.length * PAGE_BYTES);
      each.fills.forEach((fill, page) => memory.fill(fill, page * PAGE_BYTES + 100, (page + 1) * PAGE_BYTES));
      const written = each.files.map((bytes, index) => [String(index), bytes]);
      const tree: unknown[] = Array.from({ length: 46 }, () => each.seed);
      const inodes = Array.from({ length: each.inodes }, (_, id) => [
        id,
        Array.from({ length: id === 3 ? 200 : 2 }, (__, entry) => [`é${entry}`, entry]),
      ]);
      const fids = Array.from({ length: each.inodes + 1 }, (_, id) => [id, 1, 0, `name ${id}`]);
      tree[45] = [0, 1, 2, 3, 4, 5, 6, 7, fids, [inodes, 0, written]];
      const consoles = [Uint8Array.of(1, 2), new Uint8Array(5000).fill(9)];
      return { memory, state: { content: 'full', tree, consoles, memory: copyMemory(memory) } satisfies MachineState };
    });

  it('arrives as it was sent, however it is cut into blocks and pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        states,
        fc.integer({ min: 1, max: BLOCK_PAGES }),
        fc.integer({ min: 1, max: 9 }),
        async ({ state, memory }, packPages, blocksAPiece) => {
          const { container, frontBytes } = encoded(state);
          const { plan, stored } = planOf(container, frontBytes, packPages);
          const loaded = await load(plan, stored, memory.byteLength, blocksAPiece);
          expect(loaded.state).toEqual({ content: 'full', tree: state.tree, consoles: state.consoles });
          expect(Buffer.compare(loaded.memory, memory)).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('may have memory and devices in one block, in any order', async () => {
    await fc.assert(
      fc.asyncProperty(states, fc.infiniteStream(fc.nat()), async ({ state, memory }, order) => {
        const { container, frontBytes } = encoded(state);
        const { plan, stored } = planOf(container, frontBytes, 5);
        const shuffled = stored
          .map((bytes, index) => ({ bytes, block: plan.blocks[index]!, rank: order.next().value }))
          .sort((a, b) => a.rank - b.rank);
        const blocks = shuffled.map(({ block }) => ({ ...block, uses: block.uses.toReversed() }));
        const loaded = await load(
          { ...plan, blocks },
          shuffled.map(({ bytes }) => bytes),
          memory.byteLength,
        );
        expect(loaded.state.tree).toEqual(state.tree);
        expect(Buffer.compare(loaded.memory, memory)).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it('arrives without a known front, all pages in their order, as the first Terrarium stored it', async () => {
    await fc.assert(
      fc.asyncProperty(states, fc.integer({ min: 1, max: 256 }), async ({ state, memory }, packPages) => {
        const container = oldContainer(state);
        const blocks: PlannedBlock[] = [];
        const stored: Uint8Array[] = [];
        for (let page = 0; page * PAGE_BYTES < container.byteLength; page += packPages) {
          const bytes = container.slice(page * PAGE_BYTES, (page + packPages) * PAGE_BYTES);
          stored.push(bytes);
          blocks.push({
            storedBytes: bytes.byteLength,
            rawBytes: bytes.byteLength,
            codec: 'stored',
            uses: Array.from({ length: Math.ceil(bytes.byteLength / PAGE_BYTES) }, (_, rank) => ({
              rank,
              page: page + rank,
            })),
          });
        }
        const loaded = await load(
          { sizeBytes: container.byteLength, frontBytes: 0, blocks },
          stored,
          memory.byteLength,
        );
        expect(loaded.state.tree).toEqual(state.tree);
        expect(Buffer.compare(loaded.memory, memory)).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it('may lack pages of zeros, also without a known front', async () => {
    const memory = new Uint8Array(20 * PAGE_BYTES).fill(1);
    // Present when it was copied, zero when it was stored.
    const copied = copyMemory(memory);
    copied.pages.fill(0, 3 * PAGE_BYTES, 9 * PAGE_BYTES);
    copied.pages.fill(0, 18 * PAGE_BYTES);
    const { container } = encoded({ content: 'full', tree: [1], consoles: [], memory: copied });
    const { plan, stored } = planOf(container, 0, 1);
    const sorted = plan.blocks
      .flatMap((block, index) => block.uses.map((use) => ({ block: { ...block, uses: [use] }, bytes: stored[index]! })))
      .sort((a, b) => a.block.uses[0]!.page - b.block.uses[0]!.page);
    const ordered = { ...plan, blocks: sorted.map(({ block }) => block) };
    const loaded = await load(
      ordered,
      sorted.map(({ bytes }) => bytes),
      memory.byteLength,
    );
    memory.fill(0, 3 * PAGE_BYTES, 9 * PAGE_BYTES).fill(0, 18 * PAGE_BYTES);
    expect(Buffer.compare(loaded.memory, memory)).toBe(0);
  });

  describe('that is broken', () => {
    const memory = new Uint8Array(40 * PAGE_BYTES).map((_, index) => (index >> 6) + (index >> 12));
    const sound: MachineState = { content: 'full', tree: [1, 'two'], consoles: [], memory: copyMemory(memory) };
    let plan: StatePlan;
    let stored: Uint8Array[];
    beforeAll(() => {
      const { container, frontBytes } = encoded(sound);
      ({ plan, stored } = planOf(container, frontBytes, 4));
    });

    const refused = { code: 'damaged' };

    it('by missing or additional blocks is refused', async () => {
      await expect(load(plan, stored.slice(0, -1), memory.byteLength)).rejects.toMatchObject(refused);
      await expect(load(plan, [...stored, Uint8Array.of(1)], memory.byteLength)).rejects.toMatchObject(refused);
      await expect(load(plan, [], memory.byteLength)).rejects.toMatchObject(refused);
    });

    it('by blocks that are not whole is refused', async () => {
      const cut = stored.map((bytes, index) => (index === 0 ? bytes.subarray(1) : bytes));
      await expect(load(plan, cut, memory.byteLength, 1)).rejects.toMatchObject(refused);
    });

    it.each<[string, (sound: StatePlan) => Partial<StatePlan>]>([
      ['another front', () => ({ frontBytes: PAGE_BYTES })],
      ['a front of fractions', () => ({ frontBytes: 5000 })],
      ['a front that is everything', ({ sizeBytes }) => ({ frontBytes: sizeBytes })],
      ['another size', ({ sizeBytes }) => ({ sizeBytes: sizeBytes + PAGE_BYTES })],
    ])('by %s is refused', async (_what, change) => {
      await expect(load({ ...plan, ...change(plan) }, stored, memory.byteLength)).rejects.toMatchObject(refused);
    });

    it('by a stored block of another length than its plan says is refused', async () => {
      const blocks = plan.blocks.map((block) => ({ ...block, codec: 'stored' as const, rawBytes: 4 * PAGE_BYTES }));
      await expect(load({ ...plan, blocks }, stored, memory.byteLength)).rejects.toMatchObject(refused);
    });

    it('by memory of another size than the machine has is refused', async () => {
      await expect(load(plan, stored, memory.byteLength + PAGE_BYTES)).rejects.toMatchObject(refused);
    });

    it('by a disk state that has memory is refused', async () => {
      const disk = encoded({ ...sound, content: 'disk', memory: null });
      const longer = new Uint8Array(disk.container.byteLength + PAGE_BYTES).fill(7);
      longer.set(disk.container);
      const broken = planOf(longer, disk.frontBytes, 4);
      await expect(load(broken.plan, broken.stored, 0)).rejects.toMatchObject(refused);
    });
  });
});

/** The state as it was saved: with its lists of files. */
function withLists(state: DecodedState, lists: FileLists | null): DecodedState {
  const server: unknown = fileServerState(state.tree);
  if (!lists || !Array.isArray(server)) return state;
  server[8] = lists.fids.all();
  (server[9] as unknown[])[0] = lists.inodes.all();
  return state;
}

/** The state as it was saved: with its written files in their list. */
function withWritten(state: DecodedState, files: readonly WrittenFile[]): DecodedState {
  const list = stateWrittenFiles(fileSystemState(state.content, state.tree));
  if (!Array.isArray(list)) return state;
  // The last one first: each reads what it needs, whatever was read before.
  const read = files.toReversed().map((file) => {
    const bytes = file.read();
    expect(bytes.byteLength).toBe(file.sizeBytes);
    return [String(file.inode), bytes];
  });
  list.push(...read.toReversed());
  return state;
}

function encoded(state: MachineState): { container: Uint8Array; frontBytes: number } {
  const { pieces, frontBytes } = encodeState(state);
  return { container: new Uint8Array(Buffer.concat([...pieces(1 << 20)])), frontBytes };
}
