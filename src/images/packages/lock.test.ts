import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from './lock.ts';

describe('withLock', () => {
  let folder = '';
  let lock = '';
  const { signal } = new AbortController();

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-lock-'));
    lock = path.join(folder, 'lock');
  });
  afterEach(async () => rm(folder, { recursive: true }));

  it('lets one task in at a time and leaves nothing behind', async () => {
    let inside = 0;
    let most = 0;
    const task = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await delay(20);
      inside -= 1;
    };
    await Promise.all([1, 2, 3].map(() => withLock(lock, { signal }, task)));
    expect(most).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it('takes over from a process that died', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    await writeFile(lock, JSON.stringify({ pid, startedAt: '1', host: hostname(), token: 'dead' }));
    expect(await withLock(lock, { signal }, () => Promise.resolve('in'))).toBe('in');
  });

  it('takes over when the process id now belongs to another process', async () => {
    await writeFile(lock, JSON.stringify({ pid: process.ppid, startedAt: '-1', host: hostname(), token: 'dead' }));
    expect(await withLock(lock, { signal }, () => Promise.resolve('in'))).toBe('in');
  });

  it('takes over a lock torn by a crash', async () => {
    await writeFile(lock, '{"pid":12');
    expect(await withLock(lock, { signal }, () => Promise.resolve('in'))).toBe('in');
  });

  it('stops waiting when asked', async () => {
    const abort = new AbortController();
    const waited: number[] = [];
    await withLock(lock, { signal }, async () => {
      const second = withLock(lock, { signal: abort.signal, onWait: (pid) => waited.push(pid) }, () =>
        Promise.resolve('in'),
      );
      setTimeout(() => abort.abort(), 50);
      await expect(second).rejects.toMatchObject({ code: 'cancelled' });
    });
    expect(waited).toEqual([process.pid]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is free again after a task that failed', async () => {
    await expect(withLock(lock, { signal }, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withLock(lock, { signal }, () => Promise.resolve('in'))).toBe('in');
  });
});
