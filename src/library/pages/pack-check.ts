import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PAGE_BYTES } from '../../shared/bulk/state-plan.ts';
import { FailureError } from '../../shared/result.ts';
import type { Zstd } from '../zstd.ts';
import { verifiedBlock } from './block-check.ts';
import type { OpenPack, PackFolder, PackName } from './pack-folder.ts';
import { BLOCK_PAGES, type PackTables } from './pack-format.ts';

const NONE: ReadonlySet<number> = new Set();

/** What was found of a pack. */
export interface CheckedPack {
  /** Blocks that are damaged. */
  readonly badBlocks: ReadonlySet<number>;
  /** Null when none of it can be used. */
  readonly tables: PackTables | null;
}

/**
 * Reads a pack and compares everything with its hash: blocks as they are stored, and each page of them.
 * @param tell how many more bytes were read; throws to stop
 */
export async function checkPack(
  folder: PackFolder,
  name: PackName,
  zstd: Zstd,
  tell: (bytes: number) => void,
): Promise<CheckedPack> {
  let pack: OpenPack;
  try {
    pack = await folder.open(name.id, name);
  } catch (cause) {
    if (!(cause instanceof FailureError)) throw cause;
    return { badBlocks: NONE, tables: null };
  }
  try {
    const bad = new Set<number>();
    for (let block = 0; block < pack.tables.blockCount; block += 1) {
      tell(pack.tables.storedBytes(block));
      if (!(await isWhole(pack, block, zstd))) bad.add(block);
      await nextTurn();
    }
    await remember(folder, pack.name, bad);
    return { badBlocks: bad, tables: pack.tables };
  } finally {
    await pack.close();
  }
}

/** A list that is damaged itself says that all blocks may be: now it is known which are. */
async function remember(folder: PackFolder, name: PackName, bad: ReadonlySet<number>): Promise<void> {
  const isListLost = (await folder.badBlocks(name)) === 'all';
  if (isListLost) await folder.setBadBlocks(name, [...bad]);
  else if (bad.size > 0) await folder.addBadBlocks(name, [...bad]);
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
