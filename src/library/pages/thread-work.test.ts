import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STATE_PIECE_BYTES } from '../../shared/bulk/resources.ts';
import { FileStateStore } from '../file-state-store.ts';
import { describeStateStore, readState, stateDraft, statePieces, writeState } from '../state-store.conformance.ts';
import { ThreadPageWork } from './thread-work.ts';

const PROJECT = path.resolve(import.meta.dirname, '..', '..', '..');
const dependencies = { now: Date.now, randomBytes: (count: number) => randomBytes(count) };
let programs = '';

beforeAll(async () => {
  programs = await mkdtemp(path.join(tmpdir(), 'terrarium-saver-'));
  await symlink(path.join(PROJECT, 'node_modules'), path.join(programs, 'node_modules'));
  await build({
    entryPoints: [path.join(import.meta.dirname, 'entry-thread.ts')],
    outfile: path.join(programs, 'page-worker.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
});
afterAll(() => rm(programs, { recursive: true }));

async function threadStore(program = 'page-worker.mjs') {
  const home = await mkdtemp(path.join(tmpdir(), 'terrarium-states-'));
  const folders = { states: path.join(home, 'states'), packs: path.join(home, 'packs') };
  const saver = new ThreadPageWork(path.join(programs, program), folders, dependencies);
  const store = new FileStateStore(folders, dependencies, saver);
  await store.removeUnfinished();
  const dispose = async (): Promise<void> => {
    await saver.close();
    await rm(home, { recursive: true });
  };
  return { store, saver, dispose };
}

describeStateStore('FileStateStore with a thread', threadStore);

describe('ThreadPageWork', () => {
  it('says what happened when its thread ends, and starts another one for the next state', async () => {
    const { store, saver, dispose } = await threadStore();
    const kept = await writeState(store, stateDraft('st-1'), statePieces(5000));
    const writer = await store.create(stateDraft('st-2'));
    await writer.write(statePieces(STATE_PIECE_BYTES)[0]!);
    await saver.close();
    const failure = { code: 'io', message: expect.stringContaining('Nothing was saved') };
    await expect(writer.write(statePieces(10)[0]!)).rejects.toMatchObject(failure);
    await expect(writer.commit()).rejects.toMatchObject(failure);
    expect((await store.list()).states).toEqual([kept]);
    const next = await writeState(store, stateDraft('st-3'), statePieces(6000));
    expect((await readState(store, next)).byteLength).toBe(6000);
    await dispose();
  });

  describe('loading a state', () => {
    const BIG = 64;
    const bigState = (store: FileStateStore) =>
      writeState(
        store,
        stateDraft('st-1'),
        Array.from({ length: BIG }, (_, piece) => {
          const bytes = new Uint8Array(STATE_PIECE_BYTES);
          for (let page = 0; page < STATE_PIECE_BYTES; page += 4096) bytes.fill(piece + page / 4096, page, page + 4000);
          // Each page another one.
          new DataView(bytes.buffer).setUint32(0, piece);
          for (let page = 0; page < STATE_PIECE_BYTES; page += 4096)
            new DataView(bytes.buffer).setUint32(page, 1 + piece * STATE_PIECE_BYTES + page);
          return bytes;
        }),
      );

    it('ends in words when its thread ends in the middle', async () => {
      const { store, saver, dispose } = await threadStore();
      const { pieces } = await store.load(await bigState(store));
      const iterator = pieces[Symbol.asyncIterator]();
      expect((await iterator.next()).done).toBe(false);
      await saver.close();
      const rest = async (): Promise<void> => {
        while ((await iterator.next()).done !== true);
      };
      await expect(rest()).rejects.toMatchObject({
        code: 'io',
        message: expect.stringContaining('Nothing was changed'),
      });
      await dispose();
    });

    it('can be broken off, and the next one is whole', async () => {
      const { store, dispose } = await threadStore();
      const manifest = await bigState(store);
      for await (const piece of (await store.load(manifest)).pieces) {
        expect(piece.byteLength).toBeGreaterThan(0);
        break;
      }
      let bytes = 0;
      for await (const piece of (await store.load(manifest)).pieces) bytes += piece.byteLength;
      expect(bytes).toBe(BIG * STATE_PIECE_BYTES);
      await dispose();
    });

    it('of a damaged state fails with its name, from the thread', async () => {
      const { store, dispose } = await threadStore();
      const manifest = await bigState(store);
      const [pack] = (await store.packs.list()).packs;
      const file = path.join(store.packs.path, pack!.file);
      const bytes = await readFile(file);
      bytes[1000]! ^= 1;
      await writeFile(file, bytes);
      const load = async (): Promise<void> => {
        for await (const piece of (await store.load(manifest)).pieces) expect(piece.byteLength).toBeGreaterThan(0);
      };
      await expect(load()).rejects.toMatchObject({
        code: 'damaged',
        message: expect.stringContaining('does not match its checksum'),
      });
      await dispose();
    });
  });

  it('reports a thread that cannot start', async () => {
    await writeFile(path.join(programs, 'broken.mjs'), 'throw new Error("no such luck");');
    const { store, dispose } = await threadStore('broken.mjs');
    await expect(store.create(stateDraft('st-1'))).rejects.toMatchObject({
      code: 'io',
      message: expect.stringContaining('no such luck'),
    });
    await dispose();
  });
});
