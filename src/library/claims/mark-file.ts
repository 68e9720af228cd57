import { open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../durable.ts';
import type { ProcessMark } from './process-mark.ts';

/** A mark is about 200 bytes. */
const SPARE_BYTES = 512;
const SPARE = 'spare';

/**
 * Writes a mark. On a full disk it takes a spare file, written when there was room: who deletes snapshots to make
 * room must be able to say that a change is under way.
 */
export async function writeMarkFile(folder: string, file: string, mark: ProcessMark): Promise<void> {
  const text = JSON.stringify(mark);
  const spare = join(folder, SPARE);
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (cause) {
    const code = errorCode(cause);
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw cause;
    await rm(file, { force: true });
    if (!(await overwriteSpare(spare, file, text))) throw cause;
    return;
  }
  if (!(await isThere(spare))) await keepSpare(spare);
}

/** Only bytes that have their place on the disk already are written. @returns whether there was a spare file */
async function overwriteSpare(spare: string, file: string, text: string): Promise<boolean> {
  try {
    await rename(spare, file);
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return false;
    throw cause;
  }
  const handle = await open(file, 'r+');
  try {
    await handle.write(text.padEnd(SPARE_BYTES), 0);
  } finally {
    await handle.close();
  }
  return true;
}

async function keepSpare(spare: string): Promise<void> {
  try {
    await writeFile(spare, ' '.repeat(SPARE_BYTES), { flag: 'wx' });
  } catch (cause) {
    // Another process was quicker, or the disk became full with our mark: there is no spare then.
    if (errorCode(cause) === null) throw cause;
    if (errorCode(cause) !== 'EEXIST') await rm(spare, { force: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
