import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
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
  const saver = new ThreadPageWork(path.join(programs, program), folders);
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
