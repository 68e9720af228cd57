import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Library } from '../library/library.ts';
import { FailureError } from '../shared/result.ts';
import { Terrarium } from './terrarium.ts';

/** So many of the event loop that whatever waits for nothing has happened. */
async function manyTurns(): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** The smallest module: its magic number and version. */
const EMPTY_WASM = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

describe('the machines of a program', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'terrarium-program-'));
    await writeFile(path.join(folder, 'worker.mjs'), 'setInterval(() => undefined, 1000);');
    await writeFile(path.join(folder, 'empty.wasm'), EMPTY_WASM);
  });
  afterEach(async () => rm(folder, { recursive: true }));
  const parts = (wasm: string) => ({
    workerPath: path.join(folder, 'worker.mjs'),
    wasmPath: path.join(folder, wasm),
  });

  /** A library that finds nothing until it is told to give up. */
  function slowLibrary() {
    const done: string[] = [];
    let giveUp = (): void => undefined;
    const library = {
      find: () =>
        new Promise<never>((_resolve, reject) => {
          giveUp = () => {
            done.push('looked');
            reject(new FailureError('not-found', 'nothing'));
          };
        }),
      close: () => {
        done.push('closed');
        return Promise.resolve();
      },
    } as unknown as Library;
    return { library, done, giveUp: () => giveUp() };
  }

  it('end with it, also one that is still being launched', async () => {
    const { library, done, giveUp } = slowLibrary();
    const terrarium = Terrarium.over(library, parts('empty.wasm'));
    const launching = expect(terrarium.launch('tiny')).rejects.toMatchObject({ code: 'cancelled' });
    const closing = terrarium.close();
    await manyTurns();
    expect(done).toEqual([]);
    giveUp();
    await Promise.all([launching, closing]);
    expect(done).toEqual(['looked', 'closed']);
    await expect(terrarium.launch('tiny')).rejects.toThrow('This Terrarium has been closed.');
  });

  it('fail as the launch does when their worker cannot be started, and not as a rejection that nobody handles', async () => {
    const { library, giveUp } = slowLibrary();
    const unhandled: unknown[] = [];
    const note = (cause: unknown): void => void unhandled.push(cause);
    process.on('unhandledRejection', note);
    try {
      const launching = expect(Terrarium.over(library, parts('missing.wasm')).launch('tiny')).rejects.toMatchObject({
        code: 'not-found',
      });
      // Node looks for unhandled rejections between turns of its loop; reading a file takes some.
      await expect(rm(path.join(folder, 'nothing'))).rejects.toThrow('ENOENT');
      await manyTurns();
      giveUp();
      await launching;
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });
});
