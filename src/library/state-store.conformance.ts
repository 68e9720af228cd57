import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STATE_PIECE_BYTES } from '../shared/bulk/resources.ts';
import { decodeStatePlan, PAGE_BYTES } from '../shared/bulk/state-plan.ts';
import type { ImageId, StateId } from '../shared/model/ids.ts';
import type { StateManifest } from '../shared/model/state.ts';
import type { StateDraft, StateStore } from './state-store.ts';
import { loadZstd } from './zstd.ts';

/** A draft whose fields the tests do not care about. */
export function stateDraft(id: string, change: Partial<StateDraft> = {}): StateDraft {
  return {
    id: id as StateId,
    kind: 'snapshot',
    content: 'full',
    name: `named ${id}`,
    note: '',
    tags: [],
    isProtected: false,
    madeBy: 'person',
    vmId: null,
    vmName: 'VM',
    parent: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    config: {
      v86Version: '0.5.462',
      imageId: 'tiny-1' as ImageId,
      fsSha256: 'a'.repeat(64),
      memoryMib: 64,
      vgaMemoryMib: 2,
      devices: ['uart0'],
    },
    frontBytes: 0,
    screen: null,
    ...change,
  };
}

/** Pieces as a state arrives: all of full size but the last. */
export function statePieces(sizeBytes: number, seed = 1): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < sizeBytes; at += STATE_PIECE_BYTES) {
    const piece = new Uint8Array(Math.min(STATE_PIECE_BYTES, sizeBytes - at));
    for (let index = 0; index < piece.byteLength; index += 101) piece[index] = (index * seed + at + seed) % 251;
    pieces.push(piece);
  }
  return pieces;
}

export async function writeState(
  store: StateStore,
  draft: StateDraft,
  pieces: readonly Uint8Array[],
): Promise<StateManifest> {
  const writer = await store.create(draft);
  for (const piece of pieces) await writer.write(piece);
  return writer.commit();
}

export async function readState(store: StateStore, manifest: StateManifest): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of store.read(manifest)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** A state as a machine with `stored` and zstd blocks would load it, and in which order its pages came. */
export async function loadState(
  store: Pick<StateStore, 'load'>,
  manifest: StateManifest,
): Promise<{ bytes: Buffer; order: readonly number[] }> {
  const load = await store.load(manifest);
  const plan = decodeStatePlan(load.plan);
  const stored: Uint8Array[] = [];
  for await (const piece of load.pieces) stored.push(piece);
  const stream = Buffer.concat(stored);
  const whole = Buffer.alloc(Math.ceil(plan.sizeBytes / PAGE_BYTES) * PAGE_BYTES);
  const zstd = await loadZstd();
  const order: number[] = [];
  let at = 0;
  for (const { storedBytes, rawBytes, codec, uses } of plan.blocks) {
    const block = stream.subarray(at, at + storedBytes);
    at += storedBytes;
    const raw = codec === 'zstd' ? zstd.decompress(block, rawBytes) : block;
    for (const { rank, page } of uses) {
      whole.set(raw.subarray(rank * PAGE_BYTES, (rank + 1) * PAGE_BYTES), page * PAGE_BYTES);
      order.push(page);
    }
  }
  expect(at).toBe(stream.byteLength);
  return { bytes: whole.subarray(0, plan.sizeBytes), order };
}

/** What every {@link StateStore} must do. */
export function describeStateStore(
  name: string,
  open: () => Promise<{ store: StateStore; dispose: () => Promise<void> }>,
): void {
  describe(`${name} as a state store`, () => {
    let store: StateStore;
    let dispose: () => Promise<void>;
    beforeEach(async () => {
      ({ store, dispose } = await open());
    });
    afterEach(() => dispose());
    const ids = async (): Promise<string[]> => (await store.list()).states.map((state) => state.id);

    it('is empty at first', async () => {
      expect(await store.list()).toEqual({ states: [], damaged: [] });
    });

    it.each([0, 1, STATE_PIECE_BYTES - 1, STATE_PIECE_BYTES, STATE_PIECE_BYTES + 1, 3 * STATE_PIECE_BYTES])(
      'gives back a state of %i bytes',
      async (sizeBytes) => {
        const pieces = statePieces(sizeBytes);
        const manifest = await writeState(store, stateDraft('st-1'), pieces);
        expect(manifest).toEqual({ ...stateDraft('st-1'), screen: undefined, sizeBytes, data: expect.anything() });
        expect(await store.get(manifest.id)).toEqual(manifest);
        expect((await store.list()).states).toEqual([manifest]);
        expect((await readState(store, manifest)).equals(Buffer.concat(pieces))).toBe(true);
      },
    );

    it.each([0, 4096, STATE_PIECE_BYTES + 8192])(
      'gives a machine what its plan says, the first %i bytes before the rest',
      async (frontBytes) => {
        const pieces = statePieces(3 * STATE_PIECE_BYTES + 5000, 3);
        const manifest = await writeState(store, stateDraft('st-1', { frontBytes }), pieces);
        const { bytes, order } = await loadState(store, manifest);
        expect(bytes.equals(Buffer.concat(pieces))).toBe(true);
        const frontPages = frontBytes / PAGE_BYTES;
        if (manifest.data.layout === 'file' || frontBytes === 0)
          expect(order).toEqual([...order].sort((a, b) => a - b));
        else expect(order.slice(0, frontPages).every((page) => page < frontPages)).toBe(true);
      },
    );

    it('tells the hash of each page, zeros where a page is zero, and gives pages in any order', async () => {
      const bytes = new Uint8Array(5 * PAGE_BYTES + 100);
      bytes.fill(1, PAGE_BYTES, 2 * PAGE_BYTES);
      bytes.fill(2, 3 * PAGE_BYTES);
      const manifest = await writeState(store, stateDraft('st-1'), [bytes]);
      const pages = await store.pages(manifest);
      expect(pages.pageCount).toBe(6);
      for (const page of [5, 0, 3, 1, 2, 4, 1]) {
        const expected = new Uint8Array(PAGE_BYTES);
        expected.set(bytes.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES));
        expect(Buffer.compare(await pages.read(page), expected)).toBe(0);
        const isZero = expected.every((byte) => byte === 0);
        const hash = isZero ? Buffer.alloc(32) : createHash('sha256').update(expected).digest();
        expect(Buffer.compare(pages.hashes.subarray(page * 32, (page + 1) * 32), hash)).toBe(0);
      }
      await pages.close();
    });

    it('keeps what a terminal showed', async () => {
      const screen = { columns: 80, rows: 24, lines: ['~ # ls', 'with “quotes”'] };
      const { id } = await writeState(store, stateDraft('st-1', { screen }), statePieces(10));
      await writeState(store, stateDraft('st-2'), statePieces(10));
      expect(await store.screen(id)).toEqual(screen);
      expect(await store.screen('st-2' as StateId)).toBe(null);
    });

    it('keeps the bytes it was given, even when the caller uses its array again', async () => {
      const piece = new Uint8Array(5).fill(7);
      const writer = await store.create(stateDraft('st-1'));
      await writer.write(piece);
      const manifest = await writer.commit();
      piece.fill(0);
      expect([...(await readState(store, manifest))]).toEqual([7, 7, 7, 7, 7]);
      for await (const read of store.read(manifest)) read.fill(1);
      expect([...(await readState(store, manifest))]).toEqual([7, 7, 7, 7, 7]);
    });

    it('shows nothing of a state before it is committed', async () => {
      const writer = await store.create(stateDraft('st-1'));
      await writer.write(statePieces(10)[0]!);
      expect(await ids()).toEqual([]);
      await expect(store.get('st-1' as StateId)).rejects.toMatchObject({ code: 'not-found' });
      await writer.commit();
      expect(await ids()).toEqual(['st-1']);
    });

    it('keeps nothing of a state that was given up', async () => {
      const writer = await store.create(stateDraft('st-1'));
      await writer.write(statePieces(10)[0]!);
      await writer.abort();
      expect(await store.list()).toEqual({ states: [], damaged: [] });
      await expect(store.get('st-1' as StateId)).rejects.toMatchObject({ code: 'not-found' });
      // The name is free again.
      expect(await writeState(store, stateDraft('st-1'), statePieces(3))).toMatchObject({ sizeBytes: 3 });
    });

    it('refuses a piece that is too long, and one after a short one', async () => {
      const writer = await store.create(stateDraft('st-1'));
      await expect(writer.write(new Uint8Array(STATE_PIECE_BYTES + 1))).rejects.toMatchObject({ code: 'bad-input' });
      await writer.write(new Uint8Array(10));
      await expect(writer.write(new Uint8Array(10))).rejects.toMatchObject({ code: 'bad-input' });
      await writer.abort();
      expect(await ids()).toEqual([]);
    });

    it('refuses an empty piece, which would have a hash but no bytes', async () => {
      const writer = await store.create(stateDraft('st-1'));
      await expect(writer.write(new Uint8Array(0))).rejects.toMatchObject({ code: 'bad-input' });
      await writer.abort();
    });

    it('writes two states at once without mixing them', async () => {
      const [a, b] = [await store.create(stateDraft('st-a')), await store.create(stateDraft('st-b'))];
      const pieces = { a: statePieces(2.5 * STATE_PIECE_BYTES, 3), b: statePieces(2.5 * STATE_PIECE_BYTES, 5) };
      for (let index = 0; index < pieces.a.length; index += 1) {
        await Promise.all([a.write(pieces.a[index]!), b.write(pieces.b[index]!)]);
      }
      const [first, second] = await Promise.all([a.commit(), b.commit()]);
      expect((await readState(store, first)).equals(Buffer.concat(pieces.a))).toBe(true);
      expect((await readState(store, second)).equals(Buffer.concat(pieces.b))).toBe(true);
    });

    it('lists states by age', async () => {
      for (const day of ['03', '01', '02']) {
        await writeState(store, stateDraft(`st-${day}`, { createdAt: `2026-01-${day}T00:00:00.000Z` }), []);
      }
      expect(await ids()).toEqual(['st-01', 'st-02', 'st-03']);
    });

    it('tells the names of its states, also a new one', async () => {
      await writeState(store, stateDraft('st-1', { name: 'with “quotes” and \\' }), []);
      await writeState(store, stateDraft('st-2', { kind: 'head', name: '' }), []);
      await store.update('st-1' as StateId, { name: 'renamed' });
      expect([...(await store.names())].sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
        { id: 'st-1', kind: 'snapshot', name: 'renamed' },
        { id: 'st-2', kind: 'head', name: '' },
      ]);
    });

    it('changes what a person may change of a state and nothing else of it', async () => {
      const manifest = await writeState(store, stateDraft('st-1'), statePieces(10));
      const changes = { name: 'new “name”', note: 'a\nb', tags: ['x'], isProtected: true, kind: 'head' } as const;
      expect(await store.update(manifest.id, changes)).toEqual({ ...manifest, ...changes });
      expect(await store.get(manifest.id)).toEqual({ ...manifest, ...changes });
      expect((await readState(store, manifest)).byteLength).toBe(10);
      await expect(store.update('st-none' as StateId, { name: 'x' })).rejects.toMatchObject({ code: 'not-found' });
    });

    it('removes a state, once or twice', async () => {
      const manifest = await writeState(store, stateDraft('st-1'), statePieces(10));
      await writeState(store, stateDraft('st-2'), statePieces(20));
      await store.remove(manifest.id);
      await store.remove(manifest.id);
      expect(await ids()).toEqual(['st-2']);
      await expect(store.get(manifest.id)).rejects.toMatchObject({ code: 'not-found' });
      await expect(readState(store, manifest)).rejects.toMatchObject({
        code: expect.stringMatching(/not-found|damaged/),
      });
    });
  });
}
