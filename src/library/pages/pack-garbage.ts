import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PAGE_BYTES } from '../../shared/bulk/state-plan.ts';
import { FailureError } from '../../shared/result.ts';
import { storageFailure, syncFolder } from '../durable.ts';
import type { Zstd } from '../zstd.ts';
import { soundBlock } from './block-check.ts';
import type { PackFolder, PackName } from './pack-folder.ts';
import { BLOCK_PAGES } from './pack-format.ts';
import { PackWriter } from './pack-writer.ts';
import type { PageUses } from './page-uses.ts';
import type { StoredPack } from './survey.ts';

/** Below this share of dead bytes a pack is left as it is: rewriting costs more than it frees. */
const DEAD_SHARE_MIN = 0.25;

/** What is to be done with packs. */
export interface PackPlan {
  /** Nobody needs any page of them. */
  readonly remove: readonly StoredPack[];
  /** To be written again without their dead pages. */
  readonly rewrite: readonly PackName[];
  readonly freedBytes: number;
}

/** @param packs the packs that count */
export function planPackGarbage(packs: readonly StoredPack[], uses: PageUses): PackPlan {
  const remove: StoredPack[] = [];
  const rewrite: PackName[] = [];
  let freedBytes = 0;
  for (const pack of packs) {
    const { name, tables } = pack;
    if (!uses.needsPack(name.id)) {
      remove.push(pack);
      freedBytes += pack.fileBytes;
      continue;
    }
    // Damaged as a whole, and needed all the same: who needs it is told when the library is verified.
    if (!tables) continue;
    const deadBytes = uses.deadBytes(tables);
    if (deadBytes < DEAD_SHARE_MIN * tables.fileBytes) continue;
    rewrite.push(name);
    freedBytes += deadBytes;
  }
  return { remove, rewrite, freedBytes };
}

/** Carries a plan out. @returns bytes freed, and sentences about what was left alone */
export async function collectPacks(
  folder: PackFolder,
  plan: PackPlan,
  uses: PageUses,
  zstd: Zstd,
): Promise<{ freedBytes: number; kept: readonly string[] }> {
  const kept: string[] = [];
  let freedBytes = 0;
  // First: with its newer one gone, an older one would count again.
  await removeReplaced(folder);
  for (const { name, fileBytes } of plan.remove) {
    await rm(join(folder.path, name.file), { force: true });
    freedBytes += fileBytes;
  }
  for (const name of plan.rewrite) {
    try {
      freedBytes += await rewritePack(folder, name, uses, zstd);
    } catch (cause) {
      if (!(cause instanceof FailureError)) throw storageFailure(cause, 'The library was not cleaned up');
      kept.push(`A pack was left as it is. ${cause.message}`);
    }
  }
  await removeReplaced(folder);
  return { freedBytes, kept };
}

/** What a crash left of packs that were written again, and what was said of their blocks. */
async function removeReplaced(folder: PackFolder): Promise<void> {
  const { packs, replaced } = await folder.list();
  if (replaced.length === 0) return;
  // The new file's name may not be durable yet when the old one is seen beside it.
  await syncFolder(folder.path);
  for (const file of replaced) {
    const newer = packs.find(({ id }) => file.startsWith(id));
    if (newer && file.endsWith('.pack') && !isReadable(folder, newer)) continue;
    await rm(join(folder.path, file), { force: true });
  }
}

function isReadable(folder: PackFolder, name: PackName): boolean {
  try {
    folder.tablesSync(name);
    return true;
  } catch (cause) {
    if (cause instanceof FailureError) return false;
    throw cause;
  }
}

/** Writes a pack again with its generation one higher. The old file is removed when the new one is durable. */
async function rewritePack(folder: PackFolder, name: PackName, uses: PageUses, zstd: Zstd): Promise<number> {
  const old = await folder.open(name.id, name);
  let writer: PackWriter | null = null;
  try {
    const { tables } = old;
    writer = await PackWriter.create(folder.path, name.id, name.generation + 1, zstd);
    for (let block = 0; block < tables.blockCount; block += 1) {
      const first = block * BLOCK_PAGES;
      const stop = Math.min(first + BLOCK_PAGES, tables.pageCount);
      const isNeeded = (page: number): boolean => uses.isNeeded(name.id, page) && !tables.isDropped(page);
      const hasNeeded = Array.from({ length: stop - first }, (_, index) => first + index).some(isNeeded);
      // What nobody needs is not read: it may be damaged.
      const raw = hasNeeded ? await soundBlock(folder, old, block, zstd) : null;
      for (let page = first; page < stop; page += 1) {
        if (!raw || !isNeeded(page)) writer.skipPage();
        else {
          const at = tables.rank(page) * PAGE_BYTES;
          writer.addPage(raw.subarray(at, at + PAGE_BYTES), tables.hash(page));
        }
      }
      await writer.flush();
    }
    const newBytes = await writer.finish();
    await writer.publish();
    await syncFolder(folder.path);
    await rm(join(folder.path, name.file), { force: true });
    return tables.fileBytes - newBytes;
  } catch (cause) {
    await writer?.abort();
    throw cause;
  } finally {
    await old.close();
  }
}
