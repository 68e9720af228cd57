import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tryLock, unlock, waitForLock, type Locker } from './file-lock.ts';
import { newMark, readMark, retireMark, type ProcessMark } from './process-mark.ts';

describe('a lock between processes', () => {
  let folder = '';
  let lock = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-lock-'));
    lock = path.join(folder, 'lock');
  });
  afterEach(async () => rm(folder, { recursive: true }));

  async function newLocker(): Promise<Locker> {
    const mark = await newMark('program');
    const file = path.join(folder, `mark-${mark.token}`);
    await writeFile(file, JSON.stringify(mark));
    return { mark, file };
  }
  const endedPid = (): number => spawnSync(process.execPath, ['-e', '']).pid;
  async function deadLock(at: string, token: string): Promise<void> {
    const mark: ProcessMark = {
      pid: endedPid(),
      startedAt: '1',
      thread: 0,
      host: hostname(),
      token,
      program: 'app',
    };
    await writeFile(at, JSON.stringify(mark));
  }
  const names = async (): Promise<string[]> => (await readdir(folder)).filter((name) => !name.startsWith('mark-'));

  it('is one’s until it is given up, and says whose it is', async () => {
    const [one, two] = [await newLocker(), await newLocker()];
    expect(await tryLock(lock, one)).toBeNull();
    expect(await tryLock(lock, two)).toEqual(one.mark);
    expect(await tryLock(lock, one)).toEqual(one.mark);
    await unlock(lock, two);
    expect(await readMark(lock)).toEqual(one.mark);
    await unlock(lock, one);
    expect(await tryLock(lock, two)).toBeNull();
  });

  it('is waited for no longer than one has patience', async () => {
    const [one, two] = [await newLocker(), await newLocker()];
    await tryLock(lock, one);
    const told: ProcessMark[] = [];
    const options = { patienceMs: 20, pollMaxMs: 5, onWait: (holder: ProcessMark) => told.push(holder) };
    expect(await waitForLock(lock, two, options)).toEqual(one.mark);
    expect(told).toEqual([one.mark]);
    const waiting = waitForLock(lock, two, { patienceMs: 60_000, pollMaxMs: 5 });
    await unlock(lock, one);
    expect(await waiting).toBeNull();
  });

  it('is void when its holder has ended, or another process has that number now', async () => {
    const one = await newLocker();
    await deadLock(lock, 'a1');
    expect(await tryLock(lock, one)).toBeNull();
    await unlock(lock, one);
    const parent: ProcessMark = { ...one.mark, pid: process.ppid, startedAt: 'an earlier boot/1', token: 'a2' };
    await writeFile(lock, JSON.stringify(parent));
    expect(await tryLock(lock, one)).toBeNull();
    expect(await names()).toEqual(['lock']);
  });

  it('is void when it was retired in this process, and not when another thread may have it', async () => {
    const [one, two] = [await newLocker(), await newLocker()];
    await tryLock(lock, one);
    retireMark(one.mark);
    expect(await tryLock(lock, two)).toBeNull();
    await writeFile(lock, JSON.stringify({ ...one.mark, thread: one.mark.thread + 1 }));
    expect(await tryLock(lock, two)).toMatchObject({ token: one.mark.token });
  });

  it('of another computer is void when it showed no life for a minute', async () => {
    const one = await newLocker();
    const foreign: ProcessMark = { ...one.mark, host: 'elsewhere', token: 'f1' };
    await writeFile(lock, JSON.stringify(foreign));
    expect(await tryLock(lock, one)).toEqual(foreign);
    const longAgo = new Date(Date.now() - 61_000);
    await utimes(lock, longAgo, longAgo);
    expect(await tryLock(lock, one)).toBeNull();
  });

  it.each(['', '{"pid":12', '[]', '{"pid":"x"}', '{"pid":1,"startedAt":null,"host":"h","token":"../../x"}'])(
    'torn by a crash (%j) is void, once it cannot be half written any more',
    async (content) => {
      const one = await newLocker();
      await writeFile(lock, content);
      expect(await tryLock(lock, one)).toMatchObject({ token: '' });
      const longAgo = new Date(Date.now() - 10_000);
      await utimes(lock, longAgo, longAgo);
      expect(await tryLock(lock, one)).toBeNull();
      expect(await names()).toEqual(['lock']);
    },
  );

  it('is taken over also when the one who was about to remove it was killed as well', async () => {
    const one = await newLocker();
    await deadLock(lock, 'd1');
    await deadLock(`${lock}.after-d1`, 'd2');
    await deadLock(`${lock}.after-d1.after-d2`, 'd3');
    expect(await tryLock(lock, one)).toBeNull();
    expect(await names()).toEqual(['lock']);
  });

  it('is not taken from who took it over just before', async () => {
    const [one, two] = [await newLocker(), await newLocker()];
    await deadLock(lock, 'd1');
    // Somebody alive is about to remove the dead lock.
    await tryLock(`${lock}.after-d1`, one);
    expect(await tryLock(lock, two)).toEqual(one.mark);
    expect(await readFile(lock, 'utf8')).toContain('d1');
    await rm(lock);
    expect(await tryLock(lock, one)).toBeNull();
    await unlock(`${lock}.after-d1`, one);
    expect(await tryLock(lock, two)).toEqual(one.mark);
  });

  it('lets one in at a time, however many want it and whatever the dead left', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 6 }),
        fc.subarray(['', '.after-d0', '.after-d0.after-d1']),
        fc.array(fc.nat(3), { minLength: 6, maxLength: 6 }),
        async (count, dead, pauses) => {
          for (const suffix of dead) {
            // A token that fits the chain: the lock is of d0, the right to remove it of d1, and so on.
            const token = `d${['', '.after-d0', '.after-d0.after-d1'].indexOf(suffix)}`;
            await writeFile(
              lock + suffix,
              JSON.stringify({ pid: 2 ** 22 + 1, startedAt: '1', thread: 0, host: hostname(), token, program: 'app' }),
            );
          }
          let inside = 0;
          let most = 0;
          const enter = async (index: number): Promise<void> => {
            const locker = await newLocker();
            for (let round = 0; round < 3; round += 1) {
              expect(await waitForLock(lock, locker, { patienceMs: 60_000, pollMaxMs: 3 })).toBeNull();
              most = Math.max(most, (inside += 1));
              for (let turn = pauses[index] ?? 0; turn > 0; turn -= 1) await new Promise(setImmediate);
              inside -= 1;
              await unlock(lock, locker);
            }
          };
          await Promise.all(Array.from({ length: count }, (_, index) => enter(index)));
          expect(most).toBe(1);
          // A right to remove a lock that nobody has any more is in nobody's way.
          for (const suffix of dead) await rm(lock + suffix, { force: true });
          expect(await names()).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  });
});
