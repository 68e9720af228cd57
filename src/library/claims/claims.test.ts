import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Claims, type Hold } from './claims.ts';
import { beginWriting, whileNobodyWrites } from './writing.ts';

describe('Claims', () => {
  let folder = '';
  let one: Claims;
  let two: Claims;
  beforeEach(async () => {
    folder = path.join(await mkdtemp(path.join(tmpdir(), 'terrarium-claims-')), 'claims');
    [one, two] = [new Claims(folder, 'app'), new Claims(folder, 'command')];
  });
  afterEach(async () => {
    await one.close();
    await two.close();
    await rm(path.dirname(folder), { recursive: true });
  });

  async function take(claims: Claims, name: string): Promise<Hold> {
    const taken = await claims.hold(name);
    if ('hold' in taken) return taken.hold;
    throw new Error(`held by ${taken.holder.program}`);
  }
  const sharerPrograms = async (name: string): Promise<string[]> =>
    (await two.sharers(name)).map(({ program }) => program).sort();

  it('writes nothing for who only looks', async () => {
    expect(await one.sharers('image-a')).toEqual([]);
    expect(await one.holder('vm-a')).toBeNull();
    await one.removeDead();
    await one.close();
    await expect(readdir(folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('gives something to one at a time, and says to whom', async () => {
    const hold = await take(one, 'vm-a');
    expect(await two.hold('vm-a')).toMatchObject({ holder: { program: 'app', pid: process.pid }, isOurs: false });
    expect(await one.hold('vm-a')).toMatchObject({ isOurs: true });
    expect(await two.holder('vm-a')).toMatchObject({ isOurs: false });
    await take(two, 'vm-b');
    const released = [hold.release(), hold.release()];
    // Asked for while it is being given up: had when that is done.
    await (await take(one, 'vm-a')).release();
    await Promise.all(released);
    await take(two, 'vm-a');
    await hold.release();
    expect(await one.hold('vm-a')).toMatchObject({ holder: { program: 'command' } });
  });

  it('follows any order of taking and giving back', async () => {
    const step = fc.record({ who: fc.nat(1), name: fc.constantFrom('a', 'b'), isTaken: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const claims = [one, two];
        const held = new Map<string, Hold[]>();
        for (const { who, name, isTaken } of steps) {
          const holds = held.get(`${who}${name}`) ?? [];
          held.set(`${who}${name}`, holds);
          if (isTaken) holds.push(await claims[who]!.share(name));
          else await holds.pop()?.release();
          const expected = [0, 1].filter((other) => (held.get(`${other}${name}`) ?? []).length > 0);
          expect((await one.sharers(name)).length).toBe(expected.length);
        }
        await Promise.all([...held.values()].flat().map((hold) => hold.release()));
        for (const name of ['a', 'b']) expect(await one.sharers(name)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('counts a share that is given back and taken at the same time', async () => {
    const first = await one.share('image-a');
    const [, second] = await Promise.all([first.release(), one.share('image-a')]);
    expect(await sharerPrograms('image-a')).toEqual(['app']);
    await second.release();
    expect(await sharerPrograms('image-a')).toEqual([]);
  });

  it('lets changes of all take turns, and goes on after one that fails', async () => {
    let value = 0;
    const add = async (): Promise<void> => {
      const before = value;
      await new Promise(setImmediate);
      value = before + 1;
    };
    await Promise.all(Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? one : two).exclusively(add)));
    expect(value).toBe(40);
    await expect(one.exclusively(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await two.exclusively(() => Promise.resolve('yes'))).toBe('yes');
  });

  it('lets others in while one changes things without a break', async () => {
    const over = new AbortController();
    const busy = (async () => {
      while (!over.signal.aborted) await one.exclusively(() => new Promise(setImmediate));
    })();
    for (let round = 0; round < 5; round += 1) await two.exclusively(() => Promise.resolve());
    over.abort();
    await busy;
  });

  it('tells the changes of others from its own', async () => {
    await one.exclusively(() => Promise.resolve());
    await take(one, 'vm-a');
    const files = await readdir(folder);
    const news = async (claims: Claims): Promise<number> =>
      (await Promise.all(files.map((file) => claims.isNewsOfOthers(file)))).filter(Boolean).length;
    expect(await news(one)).toBe(0);
    expect(await news(two)).toBe(1);
    // Some systems do not say which file it was.
    expect(await one.isNewsOfOthers(null)).toBe(true);
  });

  it('leaves nothing behind, and takes nothing after it was closed', async () => {
    await one.exclusively(() => Promise.resolve());
    await take(one, 'vm-a');
    await one.share('image-a');
    await one.close();
    expect(await readdir(folder)).toEqual(['spare']);
    await expect(one.share('image-a')).rejects.toMatchObject({ code: 'cancelled' });
    await expect(one.exclusively(() => Promise.resolve())).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('goes on when somebody has removed the folder', async () => {
    await one.exclusively(() => Promise.resolve());
    await rm(folder, { recursive: true });
    expect(await one.exclusively(() => Promise.resolve('in'))).toBe('in');
    await rm(folder, { recursive: true });
    await take(one, 'vm-a');
    expect(await two.hold('vm-a')).toMatchObject({ holder: { program: 'app' } });
  });

  describe('writing and cleaning', () => {
    it('does not clean while somebody writes', async () => {
      const writing = await beginWriting(one, 'saving');
      expect(await whileNobodyWrites(two, 'saving', () => Promise.resolve('clean'))).toMatchObject({
        done: false,
        by: { program: 'app' },
      });
      // Files of images are another matter.
      expect(await whileNobodyWrites(two, 'building', () => Promise.resolve('clean'))).toMatchObject({ done: true });
      await writing.release();
      expect(await whileNobodyWrites(two, 'saving', () => Promise.resolve('clean'))).toEqual({
        done: true,
        value: 'clean',
      });
    });

    it('lets who wants to write wait until the cleaning is over, or given up', async () => {
      for (const outcome of ['done', 'failed']) {
        let end = (): void => undefined;
        const cleaning = whileNobodyWrites(two, 'saving', async () => {
          await new Promise<void>((resolve) => (end = resolve));
          if (outcome === 'failed') throw new Error(outcome);
        });
        await expect.poll(() => one.holder('cleaning-saving')).not.toBeNull();
        let isWriting = false;
        const writing = beginWriting(one, 'saving').then((hold) => {
          isWriting = true;
          return hold;
        });
        await expect.poll(() => sharerPrograms('saving')).toEqual(['app']);
        expect(isWriting).toBe(false);
        end();
        await Promise.allSettled([cleaning]);
        await (await writing).release();
      }
    });

    it('never does both at once', async () => {
      let writing = 0;
      const write = async (claims: Claims): Promise<void> => {
        for (let round = 0; round < 20; round += 1) {
          const hold = await beginWriting(claims, 'building');
          writing += 1;
          await new Promise(setImmediate);
          writing -= 1;
          await hold.release();
        }
      };
      const clean = async (claims: Claims): Promise<void> => {
        for (let round = 0; round < 60; round += 1) {
          const outcome = await whileNobodyWrites(claims, 'building', async () => {
            const before = writing;
            await new Promise(setImmediate);
            return before + writing;
          });
          if (outcome.done) expect(outcome.value).toBe(0);
        }
      };
      await Promise.all([write(one), clean(two), write(two), clean(one)]);
      expect(await whileNobodyWrites(one, 'building', () => Promise.resolve())).toMatchObject({ done: true });
    });
  });
});
