import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PAGE_BYTES } from '../../shared/bulk/state-plan.ts';
import { FailureError } from '../../shared/result.ts';
import type { Zstd } from '../zstd.ts';
import { verifiedBlock } from './block-check.ts';
import type { OpenPack, PackFolder, PackName } from './pack-folder.ts';
import { BLOCK_PAGES } from './pack-format.ts';

/** What is wrong with a pack: all of it, or some of its blocks. */
export type PackFault = 'all' | ReadonlySet<number>;

/**
 * Reads a pack and compares everything with its hash: blocks as they are stored, and each page of them.
 * @param tell how many more bytes were read; throws to stop
 */
export async function checkPack(
  folder: PackFolder,
  name: PackName,
  zstd: Zstd,
  tell: (bytes: number) => void,
): Promise<PackFault> {
  let pack: OpenPack;
  try {
    pack = await folder.open(name.id, name);
  } catch (cause) {
    if (cause instanceof FailureError) return 'all';
    throw cause;
  }
  try {
    const bad = new Set<number>();
    for (let block = 0; block < pack.tables.blockCount; block += 1) {
      tell(pack.tables.storedBytes(block));
      if (!(await isWhole(pack, block, zstd))) bad.add(block);
      await nextTurn();
    }
    return bad;
  } finally {
    await pack.close();
  }
}

async function isWhole(pack: OpenPack, block: number, zstd: Zstd): Promise<boolean> {
  const { tables } = pack;
  const row = tables.block(block);
  if (row.storedBytes === 0) return true;
  let raw: Uint8Array;
  try {
    raw = verifiedBlock(row, await pack.readStored(row, row), zstd);
  } catch (cause) {
    if (cause instanceof FailureError) return false;
    throw cause;
  }
  const stop = Math.min((block + 1) * BLOCK_PAGES, tables.pageCount);
  for (let page = block * BLOCK_PAGES; page < stop; page += 1) {
    if (tables.isDropped(page)) continue;
    const at = tables.rank(page) * PAGE_BYTES;
    const hash = createHash('sha256')
      .update(raw.subarray(at, at + PAGE_BYTES))
      .digest();
    if (hash.compare(tables.hash(page)) !== 0) return false;
  }
  return true;
}
