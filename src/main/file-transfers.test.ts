import { access, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FailureError } from '../shared/result.ts';
import { FileTokens } from './file-tokens.ts';
import { FileTransfers, type TransferSurroundings } from './file-transfers.ts';

let temporaryFolder: string;
let nowMs = 0;
beforeEach(async () => {
  temporaryFolder = await mkdtemp(path.join(tmpdir(), 'terrarium-transfers-'));
  nowMs = 0;
});
afterEach(() => rm(temporaryFolder, { recursive: true }));

function create(pack: TransferSurroundings['pack'] = (_, tarPath) => writeFile(tarPath, 'tar')) {
  let count = 0;
  const randomHex = (): string => (count += 1).toString(16).padStart(32, '0');
  const told: number[] = [];
  const tokens = new FileTokens(randomHex);
  const transfers = new FileTransfers(tokens, {
    randomHex,
    temporaryFolder,
    nowMs: () => nowMs,
    onProgress: ({ doneBytes }) => told.push(doneBytes),
    pack,
  });
  return { tokens, transfers, told };
}

describe('FileTransfers', () => {
  it('tells how far a copy is, not for every piece, but always of the end', () => {
    const { tokens, transfers, told } = create();
    const transfer = transfers.take('import', tokens.issue('import', '/a'));
    for (nowMs = 0; nowMs <= 250; nowMs += 10) transfer?.onProgress?.(nowMs, 1000);
    transfer?.onProgress?.(1000, 1000);
    expect(told).toEqual([0, 100, 200, 1000]);
  });

  it('breaks a copy off, and voids a token whose copy has not begun', async () => {
    const { tokens, transfers } = create();
    const token = tokens.issue('export', '/a');
    const transfer = transfers.take('export', token);
    await transfers.release(token);
    expect(transfer?.signal?.aborted).toBe(true);
    const waiting = tokens.issue('export', '/b');
    await transfers.release(waiting);
    expect(transfers.take('export', waiting)).toBeNull();
  });

  it('packs a folder, and removes the archive when its token is released', async () => {
    const { transfers } = create();
    const packed = await transfers.packFolder(transfers.addFolder('/home/me/folder'));
    const archive = transfers.take('import', packed)?.path ?? '';
    await access(archive);
    await transfers.release(packed);
    expect(await readdir(temporaryFolder)).toEqual([]);
  });

  it('leaves no archive behind when packing fails or is broken off', async () => {
    const failing = create(async (_, tarPath) => {
      await writeFile(tarPath, 'half');
      throw new FailureError('io', 'It cannot be read.');
    });
    await expect(failing.transfers.packFolder(failing.transfers.addFolder('/x'))).rejects.toMatchObject({ code: 'io' });
    expect(await readdir(temporaryFolder)).toEqual([]);

    const { transfers } = create(async (_, tarPath, signal) => {
      await transfers.release(token);
      await writeFile(tarPath, String(signal.aborted));
    });
    const token = transfers.addFolder('/x');
    await expect(transfers.packFolder(token)).rejects.toMatchObject({ code: 'cancelled' });
    expect(await readdir(temporaryFolder)).toEqual([]);
  });

  it('leads to the same file again after a try that failed, and to no archive', async () => {
    const { tokens, transfers } = create();
    const token = tokens.issue('import', '/a');
    transfers.take('import', token);
    await transfers.release(token);
    const next = transfers.again(token);
    expect(transfers.take('import', next)?.path).toBe('/a');
    expect(() => transfers.again(token)).toThrow(/chosen too long ago/);
    const unused = tokens.issue('export', '/b');
    await transfers.release(unused);
    expect(transfers.take('export', transfers.again(unused))?.path).toBe('/b');
    const packed = await transfers.packFolder(transfers.addFolder('/x'));
    await transfers.release(packed);
    expect(() => transfers.again(packed)).toThrow(FailureError);
  });

  it('knows no folder that was not chosen', async () => {
    const { transfers } = create();
    await expect(transfers.packFolder('f'.repeat(32))).rejects.toMatchObject({ code: 'not-found' });
  });
});
