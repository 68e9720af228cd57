import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mountSmall } from '../../scripts/test-small-disk.ts';
import { STATE_PIECE_BYTES } from '../shared/bulk/resources.ts';
import type { StateId } from '../shared/model/ids.ts';
import { FileStateStore } from './file-state-store.ts';
import { describeStateStore, readState, stateDraft, statePieces, writeState } from './state-store.conformance.ts';

const fileStore = (home: string): FileStateStore =>
  new FileStateStore(
    { states: path.join(home, 'states'), packs: path.join(home, 'packs') },
    { now: Date.now, randomBytes: (count) => randomBytes(count) },
  );

describeStateStore('FileStateStore', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'terrarium-states-'));
  const store = fileStore(folder);
  await store.removeUnfinished();
  return { store, dispose: () => rm(folder, { recursive: true }) };
});

async function flipBit(file: string, offset: number): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    const byte = Buffer.alloc(1);
    await handle.read(byte, 0, 1, offset);
    byte[0] = byte[0]! ^ 1;
    await handle.write(byte, 0, 1, offset);
  } finally {
    await handle.close();
  }
}

describe('FileStateStore', () => {
  let folder = '';
  let store: FileStateStore;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-states-'));
    store = new FileStateStore(folder);
    await store.removeUnfinished();
  });
  afterEach(async () => rm(folder, { recursive: true }));

  it('leaves one folder a state, with the data and the manifest and nothing else', async () => {
    await writeState(store, stateDraft('st-1'), statePieces(5));
    const aborted = await store.create(stateDraft('st-2'));
    await aborted.abort();
    expect(await readdir(folder)).toEqual(['st-1']);
    expect((await readdir(path.join(folder, 'st-1'))).sort()).toEqual(['manifest.json', 'state.bin']);
  });

  it('removes what a crash left, and nothing that was finished', async () => {
    const manifest = await writeState(store, stateDraft('st-1'), statePieces(5));
    for (const leftover of ['.new-st-2', '.new-removed-st-3']) {
      await mkdir(path.join(folder, leftover));
      await writeFile(path.join(folder, leftover, 'state.bin'), 'x');
    }
    expect((await store.list()).states).toEqual([manifest]);
    expect(await new FileStateStore(folder).removeUnfinished()).toBe(2);
    expect(await readdir(folder)).toEqual(['st-1']);
  });

  it('names a state whose manifest has one flipped bit, and the others work', async () => {
    for (const id of ['st-1', 'st-2', 'st-3']) await writeState(store, stateDraft(id), statePieces(5));
    const file = path.join(folder, 'st-2', 'manifest.json');
    const { byteLength } = await readFile(file);
    for (const offset of [0, 12, 90, 200, byteLength - 2, byteLength - 1]) {
      await flipBit(file, offset);
      const { states, damaged } = await store.list();
      expect(
        states.map((state) => state.id),
        `bit at ${offset}`,
      ).toEqual(['st-1', 'st-3']);
      expect(damaged).toEqual([{ id: 'st-2', reason: expect.stringContaining('st-2 is damaged on disk') }]);
      await expect(store.get('st-2' as StateId)).rejects.toMatchObject({ code: 'damaged' });
      await flipBit(file, offset);
    }
    expect((await store.list()).damaged).toEqual([]);
  });

  it('names a manifest that is empty, cut off or lies in the wrong folder', async () => {
    await writeState(store, stateDraft('st-1'), []);
    const sealed = await readFile(path.join(folder, 'st-1', 'manifest.json'), 'utf8');
    for (const [id, content] of [
      ['st-2', ''],
      ['st-3', sealed.slice(0, 100)],
      ['st-4', sealed],
    ] as const) {
      await mkdir(path.join(folder, id));
      await writeFile(path.join(folder, id, 'manifest.json'), content);
    }
    const { states, damaged } = await store.list();
    expect(states.map((state) => state.id)).toEqual(['st-1']);
    expect(damaged.map(({ id }) => id).sort()).toEqual(['st-2', 'st-3', 'st-4']);
    for (const { reason } of damaged) expect(reason).toContain('damaged on disk');
  });

  it('calls a state that lost its manifest damaged', async () => {
    await writeState(store, stateDraft('st-1'), []);
    await rm(path.join(folder, 'st-1', 'manifest.json'));
    const { damaged } = await store.list();
    expect(damaged).toEqual([{ id: 'st-1', reason: expect.stringMatching(/damaged|incomplete|lost/) }]);
  });

  it('does not call states damaged that are removed while they are listed', async () => {
    for (let round = 0; round < 10; round += 1) {
      const ids = Array.from({ length: 20 }, (_, index) => `st-${round}-${index}` as StateId);
      for (const id of ids) await writeState(store, stateDraft(id), []);
      const listing = store.list();
      await Promise.all(ids.map((id) => store.remove(id)));
      expect((await listing).damaged, `round ${round}`).toEqual([]);
    }
  });

  it('removes what a crash left of a rename', async () => {
    const manifest = await writeState(store, stateDraft('st-1'), statePieces(5));
    await writeFile(path.join(folder, 'st-1', 'manifest.json.new-0123'), 'half');
    await store.removeUnfinished();
    expect((await readdir(path.join(folder, 'st-1'))).sort()).toEqual(['manifest.json', 'state.bin']);
    expect(await store.get(manifest.id)).toEqual(manifest);
  });

  it.each([5, 2 * STATE_PIECE_BYTES])(
    'does not vouch for data the disk has only a part of (%i bytes)',
    async (size) => {
      const writer = await store.create(stateDraft('st-1'));
      for (const piece of statePieces(size)) await writer.write(piece);
      await truncate(path.join(folder, '.new-st-1', 'state.bin'), size - 1);
      await expect(writer.commit()).rejects.toMatchObject({
        code: 'io',
        message: expect.stringContaining(`its file has ${size - 1} bytes on disk instead of ${size}`),
      });
      expect(await store.list()).toEqual({ states: [], damaged: [] });
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it('can remove a damaged state', async () => {
    await writeState(store, stateDraft('st-1'), []);
    await flipBit(path.join(folder, 'st-1', 'manifest.json'), 90);
    await store.remove('st-1' as StateId);
    expect(await store.list()).toEqual({ states: [], damaged: [] });
  });

  it('refuses data that is cut short, by the state’s name', async () => {
    const manifest = await writeState(
      store,
      stateDraft('st-1', { name: 'before the upgrade' }),
      statePieces(3 * STATE_PIECE_BYTES),
    );
    const file = path.join(folder, 'st-1', 'state.bin');
    for (const sizeBytes of [3 * STATE_PIECE_BYTES - 1, STATE_PIECE_BYTES, 0]) {
      await truncate(file, sizeBytes);
      await expect(readState(store, manifest)).rejects.toMatchObject({
        code: 'damaged',
        message: expect.stringContaining('“before the upgrade” is cut short on disk'),
      });
    }
    await rm(file);
    await expect(readState(store, manifest)).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringContaining('“before the upgrade” has lost its data file'),
    });
  });

  it('is not confused by foreign files in its folder', async () => {
    await writeState(store, stateDraft('st-1'), []);
    await writeFile(path.join(folder, '.DS_Store'), 'x');
    await writeFile(path.join(folder, 'Thumbs.db'), 'x');
    await appendFile(path.join(folder, 'notes.txt'), 'x');
    const { states, damaged } = await store.list();
    expect(states.length).toBe(1);
    expect(damaged).toEqual([]);
  });
});

describe('FileStateStore on a full disk', () => {
  let folder = '';
  let mounted = false;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-full-'));
    mounted = mountSmall(folder);
  });
  afterEach(async () => {
    if (mounted) execFileSync('umount', [folder]);
    await rm(folder, { recursive: true });
  });

  const disk = async (): Promise<FileStateStore> => {
    const store = new FileStateStore(path.join(folder, 'states'));
    await store.removeUnfinished();
    return store;
  };

  it('says so, keeps what was saved before, and works again when there is room', async (context) => {
    if (!mounted) return context.skip('no file system can be mounted here (needs root and the right to mount)');
    const store = await disk();
    const kept = await writeState(store, stateDraft('st-1'), statePieces(1.5 * STATE_PIECE_BYTES, 3));
    await expect(writeAndAbort(store, 'st-2', 6 * STATE_PIECE_BYTES)).rejects.toMatchObject({
      code: 'disk-full',
      message:
        'The state was not saved: the disk is full. Everything saved before is untouched. Delete snapshots or free some space, then try again.',
    });
    expect((await store.list()).states).toEqual([kept]);
    expect((await readState(store, kept)).equals(Buffer.concat(statePieces(1.5 * STATE_PIECE_BYTES, 3)))).toBe(true);
    expect(await readdir(path.join(folder, 'states'))).toEqual(['st-1']);
    await store.remove(kept.id);
    const again = await writeState(store, stateDraft('st-3'), statePieces(2 * STATE_PIECE_BYTES));
    expect((await store.list()).states).toEqual([again]);
  });

  it('never acknowledges a state of which only a part fitted', async (context) => {
    if (!mounted) return context.skip('no file system can be mounted here (needs root and the right to mount)');
    const store = await disk();
    // Wherever the end of the disk falls: of the last piece the disk takes a part and reports no error.
    for (let fillBytes = 0; fillBytes <= 2 * STATE_PIECE_BYTES; fillBytes += STATE_PIECE_BYTES / 8) {
      const filler = path.join(folder, 'other-data');
      await writeFile(filler, new Uint8Array(fillBytes));
      const pieces = statePieces(3 * STATE_PIECE_BYTES, 7);
      // Before the manifest is written another program frees space.
      const outcome = await writeAndAbort(store, 'st-1', 3 * STATE_PIECE_BYTES, () => rm(filler)).catch(
        (cause: unknown) => cause,
      );
      if (outcome instanceof Error) expect(outcome, `filled by ${fillBytes}`).toMatchObject({ code: 'disk-full' });
      else {
        const manifest = await store.get('st-1' as StateId);
        expect((await readState(store, manifest)).equals(Buffer.concat(pieces)), `filled by ${fillBytes}`).toBe(true);
        await store.remove(manifest.id);
      }
      await rm(filler, { force: true });
    }
  });

  /** As the library's callers do: a write that fails ends the state. */
  async function writeAndAbort(
    store: FileStateStore,
    id: string,
    sizeBytes: number,
    beforeCommit = (): Promise<void> => Promise.resolve(),
  ): Promise<void> {
    const writer = await store.create(stateDraft(id));
    try {
      for (const piece of statePieces(sizeBytes, 7)) await writer.write(piece);
    } catch (cause) {
      await writer.abort();
      throw cause;
    }
    await beforeCommit();
    await writer.commit();
  }
});
