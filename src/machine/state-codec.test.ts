import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FailureError } from '../shared/result.ts';
import { PAGE_BYTES } from '../shared/bulk/state-plan.ts';
import { copyMemory } from './memory-pages.ts';
import { encodeState, type MachineState } from './state-codec.ts';
import { oldContainer } from './old-container.fixture.ts';
import { decodeState, decodeStateBytes } from './state-decoder.ts';
import { snapshotTree } from './state-tree.ts';

/** Trees like v86's: numbers, texts, flags, typed arrays, maps and lists of these. */
const typedArrays = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.int8Array({ maxLength: 10 }),
  fc.uint16Array({ maxLength: 10 }),
  fc.int16Array({ maxLength: 10 }),
  fc.uint32Array({ maxLength: 10 }),
  fc.int32Array({ maxLength: 10 }),
  fc.float32Array({ maxLength: 10 }),
  fc.float64Array({ maxLength: 10 }),
);
const { tree: trees } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.string({ unit: 'binary' }), fc.boolean(), fc.constant(null)),
    typedArrays,
    fc.array(tie('tree'), { maxLength: 5 }),
    fc
      .uniqueArray(fc.tuple(fc.oneof(fc.string(), fc.integer()), tie('tree')), {
        maxLength: 4,
        selector: ([key]) => key,
      })
      .map((entries) => new Map(entries)),
  ),
}));

const PAGES_MAX = 40;
const memories = fc
  .array(fc.oneof(fc.constant(0), fc.nat({ max: 255 })), { minLength: 1, maxLength: PAGES_MAX })
  .map((fills) => {
    const memory = new Uint8Array(fills.length * PAGE_BYTES);
    // One byte somewhere in a page is enough for the page to be kept.
    fills.forEach((fill, page) => (memory[page * PAGE_BYTES + ((page * 37 + fill * 13) % PAGE_BYTES)] = fill));
    return memory;
  });

const consoles = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 4 });
const fullStates = fc
  .record({ tree: trees, consoles, memory: memories })
  .map(({ tree, consoles: histories, memory }) => ({
    memory,
    state: { content: 'full', tree, consoles: histories, memory: copyMemory(memory) } satisfies MachineState,
  }));
const diskStates = fc
  .record({ tree: trees, consoles })
  .map(
    ({ tree, consoles: histories }) =>
      ({ content: 'disk', tree, consoles: histories, memory: null }) satisfies MachineState,
  );

async function* give(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}

/** A machine that has any amount of memory up to a bound, and refuses the rest as a real one does. */
function anyMemory(): { bytes: () => Uint8Array; of: (sizeBytes: number) => Promise<Uint8Array> } {
  let memory = new Uint8Array(0);
  return {
    bytes: () => memory,
    of: (sizeBytes) => {
      if (sizeBytes > 2 * PAGES_MAX * PAGE_BYTES) return Promise.reject(new FailureError('damaged', 'Too large.'));
      memory = new Uint8Array(sizeBytes);
      return Promise.resolve(memory);
    },
  };
}

const noMemory = (): Promise<Uint8Array> => Promise.reject(new Error('a disk state asked for memory'));

function whole(state: MachineState): Uint8Array {
  // Not a Buffer, whose slices share its memory.
  return new Uint8Array(Buffer.concat([...encodeState(state).pieces(1 << 20)]));
}

/** Decodes what may be broken: anything but a plain refusal fails the test. */
async function decodeHostile(bytes: Uint8Array, pieceBytes = 1 << 20): Promise<'decoded' | 'refused'> {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength; at += pieceBytes) pieces.push(bytes.slice(at, at + pieceBytes));
  try {
    await decodeState(give(pieces), anyMemory().of);
    return 'decoded';
  } catch (caught) {
    if (!(caught instanceof FailureError)) throw caught;
    expect(['damaged', 'unsupported']).toContain(caught.code);
    return 'refused';
  }
}

describe('the state container', () => {
  it('gives back any full state, in pieces of any size', async () => {
    await fc.assert(
      fc.asyncProperty(fullStates, fc.integer({ min: 1, max: 20_000 }), async ({ state, memory }, pieceBytes) => {
        const pieces = [...encodeState(state).pieces(pieceBytes)];
        expect(pieces.slice(0, -1).every((piece) => piece.byteLength === pieceBytes)).toBe(true);
        expect(pieces.reduce((sum, piece) => sum + piece.byteLength, 0)).toBe(encodeState(state).sizeBytes);
        const into = anyMemory();
        const decoded = await decodeState(give(pieces), into.of);
        expect(decoded.content).toBe('full');
        expect(decoded.tree).toEqual(state.tree);
        expect(decoded.consoles).toEqual(state.consoles);
        expect(Buffer.compare(into.bytes(), memory)).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it('gives back any disk state, in pieces of any size', async () => {
    await fc.assert(
      fc.asyncProperty(diskStates, fc.integer({ min: 1, max: 3000 }), async (state, pieceBytes) => {
        const decoded = await decodeState(give(encodeState(state).pieces(pieceBytes)), noMemory);
        expect(decoded).toEqual({ content: 'disk', tree: state.tree, consoles: state.consoles });
      }),
      { numRuns: 200 },
    );
  });

  it('is read as the first Terrarium wrote it, too', async () => {
    await fc.assert(
      fc.asyncProperty(fullStates, diskStates, async ({ state, memory }, disk) => {
        const into = anyMemory();
        const decoded = await decodeState(give([oldContainer(state)]), into.of);
        expect(decoded).toEqual({ content: 'full', tree: state.tree, consoles: state.consoles });
        expect(Buffer.compare(into.bytes(), memory)).toBe(0);
        const decodedDisk = await decodeState(give([oldContainer(disk)]), noMemory);
        expect(decodedDisk).toEqual({ content: 'disk', tree: disk.tree, consoles: disk.consoles });
      }),
    );
  });

  it('is read without a machine, which leaves out the memory', async () => {
    await fc.assert(
      fc.asyncProperty(fullStates, fc.integer({ min: 1, max: 20_000 }), async ({ state }, pieceBytes) => {
        const decoded = await decodeStateBytes(give(encodeState(state).pieces(pieceBytes)));
        expect(decoded).toEqual({ content: 'full', tree: state.tree, consoles: state.consoles });
      }),
    );
  });

  it('does not depend on how the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fullStates,
        fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1 }),
        async ({ state, memory }, cuts) => {
          const bytes = whole(state);
          const pieces: Uint8Array[] = [];
          for (let at = 0, index = 0; at < bytes.byteLength; index += 1) {
            const length = cuts[index % cuts.length]!;
            pieces.push(bytes.slice(at, at + length), new Uint8Array(0));
            at += length;
          }
          const into = anyMemory();
          const decoded = await decodeState(give(pieces), into.of);
          expect(decoded.tree).toEqual(state.tree);
          expect(Buffer.compare(into.bytes(), memory)).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('leaves out empty pages', () => {
    const memory = new Uint8Array(100 * PAGE_BYTES);
    memory[50 * PAGE_BYTES + 4095] = 1;
    const copied = copyMemory(memory);
    expect(copied.pages.byteLength).toBe(PAGE_BYTES);
    expect(copied.memoryBytes).toBe(memory.byteLength);
  });

  it('shares nothing with the bytes it came from', async () => {
    const state: MachineState = {
      content: 'disk',
      tree: [Uint8Array.of(1, 2, 3)],
      consoles: [Uint8Array.of(4)],
      memory: null,
    };
    const bytes = whole(state);
    const decoded = await decodeState(give([bytes]), noMemory);
    bytes.fill(0xff);
    expect(decoded.tree).toEqual([Uint8Array.of(1, 2, 3)]);
    expect(decoded.consoles).toEqual([Uint8Array.of(4)]);
  });
});

describe('a damaged container', () => {
  const memory = new Uint8Array(5 * PAGE_BYTES);
  memory[0] = 1;
  memory[3 * PAGE_BYTES + 7] = 2;
  const tree = [
    1,
    'two',
    new Map<unknown, unknown>([['k', Uint8Array.of(9, 8, 7)]]),
    Int32Array.of(-1, 5),
    [null, [true]],
  ];
  const full = whole({ content: 'full', tree, consoles: [Uint8Array.of(65, 66)], memory: copyMemory(memory) });
  const disk = whole({ content: 'disk', tree, consoles: [Uint8Array.of(65, 66)], memory: null });

  it('is refused wherever it is cut off', async () => {
    for (const container of [full, disk]) {
      const step = (length: number): number => (length < 1200 ? 1 : 97);
      for (let length = 0; length < container.byteLength; length += step(length)) {
        expect(await decodeHostile(container.subarray(0, length)), `cut to ${length}`).toBe('refused');
      }
      expect(await decodeHostile(container)).toBe('decoded');
    }
  });

  it('is refused or read, never anything else, whatever byte of its front changes', async () => {
    for (const container of [full, disk]) {
      const frontBytes = Math.min(container.byteLength, 1400);
      for (let at = 0; at < frontBytes; at += 1) {
        for (const mask of [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff]) {
          const changed = container.slice();
          changed[at] = changed[at]! ^ mask;
          await decodeHostile(changed);
        }
      }
    }
  });

  it('is refused or read when several bytes change', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: 1200 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 100, max: 5000 }),
        async (changes, pieceBytes) => {
          const changed = full.slice();
          for (const [at, value] of changes) changed[at] = value;
          await decodeHostile(changed, pieceBytes);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('is refused when there is more memory than its page map says', async () => {
    expect(await decodeHostile(Buffer.concat([full, new Uint8Array(PAGE_BYTES)]))).toBe('refused');
  });

  it('of a later version is called unsupported, with the version', async () => {
    const later = full.slice();
    later[8] = 7;
    await expect(decodeState(give([later]), noMemory)).rejects.toMatchObject({
      code: 'unsupported',
      message: 'The state has format 7; this Terrarium reads formats up to 2.',
    });
  });

  it('is refused when it is something else altogether', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect(await decodeHostile(bytes)).toBe('refused');
      }),
    );
  });
});

describe('hostile metadata', () => {
  function container(metadata: unknown, rest = new Uint8Array(64)): Uint8Array {
    const text = typeof metadata === 'string' ? metadata : JSON.stringify(metadata);
    const json = new TextEncoder().encode(text);
    const bytes = new Uint8Array(16 + json.byteLength + rest.byteLength);
    bytes.set(new TextEncoder().encode('TERRSTAT'));
    const view = new DataView(bytes.buffer);
    view.setUint32(8, 1, true);
    view.setUint32(12, json.byteLength, true);
    bytes.set(json, 16);
    bytes.set(rest, 16 + json.byteLength);
    return bytes;
  }
  const good = {
    content: 'disk',
    tree: [],
    buffers: [],
    consoles: [],
    memory: null,
    buffersOffset: 200,
    buffersLength: 0,
  };
  const padded = new Uint8Array(300);

  it('starts from a container that is read', async () => {
    expect(await decodeHostile(container(good, padded))).toBe('decoded');
  });

  it.each([
    ['null', null],
    ['a list', []],
    ['another content', { ...good, content: 'half' }],
    ['full without memory', { ...good, content: 'full' }],
    ['disk with memory', { ...good, memory: { bytes: 4096, bitmap: 0, pageCount: 0 } }],
    [
      'a buffer before the start',
      { ...good, buffers: [{ offset: -8, length: 8 }], tree: { $buffer: 0, $type: 'Uint8Array' } },
    ],
    [
      'a buffer beyond the end',
      { ...good, buffers: [{ offset: 0, length: 9 }], buffersLength: 8, tree: { $buffer: 0, $type: 'Uint8Array' } },
    ],
    ['a buffer of fractions', { ...good, buffers: [{ offset: 0.5, length: 1 }] }],
    ['a buffer that is not there', { ...good, tree: { $buffer: 5, $type: 'Uint8Array' } }],
    ['a buffer at -1', { ...good, tree: { $buffer: -1, $type: 'Uint8Array' } }],
    ['an array of an unknown type', { ...good, tree: { $buffer: 0, $type: 'constructor' } }],
    [
      'an array of a broken length',
      { ...good, buffers: [{ offset: 0, length: 3 }], buffersLength: 8, tree: { $buffer: 0, $type: 'Int32Array' } },
    ],
    ['a map with a broken entry', { ...good, tree: { $map: [[1]] } }],
    ['a plain object', { ...good, tree: { a: 1 } }],
    ['a console that is not there', { ...good, consoles: [3] }],
    ['buffers inside the metadata', { ...good, buffersOffset: 16 }],
    [
      'buffers at the end of the world',
      { ...good, buffersOffset: Number.MAX_SAFE_INTEGER, buffersLength: Number.MAX_SAFE_INTEGER },
    ],
    [
      'memory that is not whole pages',
      {
        ...good,
        content: 'full',
        buffers: [{ offset: 0, length: 1 }],
        buffersLength: 8,
        memory: { bytes: 5000, bitmap: 0, pageCount: 0 },
      },
    ],
    [
      'a page map of another length',
      {
        ...good,
        content: 'full',
        buffers: [{ offset: 0, length: 7 }],
        buffersLength: 8,
        memory: { bytes: 4096, bitmap: 0, pageCount: 0 },
      },
    ],
    [
      'more pages than the map has',
      {
        ...good,
        content: 'full',
        buffers: [{ offset: 0, length: 1 }],
        buffersLength: 8,
        memory: { bytes: 4096, bitmap: 0, pageCount: 9 },
      },
    ],
    ['no JSON', '{'],
    ['nothing', ''],
  ])('%s is refused', async (_what, metadata) => {
    expect(await decodeHostile(container(metadata, new Uint8Array(9000)))).toBe('refused');
  });

  it('a device tree nested without end is refused', async () => {
    const depth = 200_000;
    const text = JSON.stringify({ ...good, buffersOffset: 600_000 }).replace(
      '[]',
      '['.repeat(depth) + ']'.repeat(depth),
    );
    expect(await decodeHostile(container(text, new Uint8Array(600_000)))).toBe('refused');
  });

  it('a name of the prototype chain is a plain value', async () => {
    const tree = { $map: [['__proto__', ['polluted']]] };
    const decoded = await decodeState(give([container({ ...good, tree }, padded)]), noMemory);
    expect(decoded.tree).toEqual(new Map([['__proto__', ['polluted']]]));
    expect('polluted' in {}).toBe(false);
  });

  it('a metadata length beyond the bound is refused before anything is collected', async () => {
    const bytes = container(good);
    new DataView(bytes.buffer).setUint32(12, 0xffff_ffff, true);
    expect(await decodeHostile(bytes)).toBe('refused');
  });
});

describe('snapshotTree', () => {
  it('copies, asks devices for their state, and keeps nothing shared', () => {
    const ram = Uint8Array.of(1, 2, 3, 4);
    const view = ram.subarray(1, 3);
    const device = { get_state: () => [view, { get_state: () => ['inner'] }] };
    const copied = snapshotTree([device, 5, 'text', null, undefined, true, new Map([[1, view]])]);
    expect(copied).toEqual([
      [Uint8Array.of(2, 3), ['inner']],
      5,
      'text',
      null,
      undefined,
      true,
      new Map([[1, Uint8Array.of(2, 3)]]),
    ]);
    ram.fill(0);
    expect(copied).toEqual([
      [Uint8Array.of(2, 3), ['inner']],
      5,
      'text',
      null,
      undefined,
      true,
      new Map([[1, Uint8Array.of(2, 3)]]),
    ]);
  });

  it('is a bug for what cannot be saved, not a broken state', () => {
    expect(() => snapshotTree({ plain: 1 })).toThrow('cannot be saved');
  });
});
