import { createHash } from 'node:crypto';
import { FailureError } from '../../shared/result.ts';
import type { Zstd } from '../zstd.ts';
import type { OpenPack, PackFolder } from './pack-folder.ts';
import type { PackBlock } from './pack-format.ts';

/** @throws FailureError `damaged` when the stored bytes are not what the block's hash says */
export function checkBlock({ sha256 }: PackBlock, stored: Uint8Array): void {
  if (createHash('sha256').update(stored).digest().compare(sha256) !== 0) throw damagedBlock();
}

/** A block's pages. @throws FailureError `damaged` when the stored bytes are not what its hash says */
export function verifiedBlock(block: PackBlock, stored: Uint8Array, zstd: Zstd): Uint8Array {
  checkBlock(block, stored);
  const { codec, rawBytes } = block;
  if (codec === 'stored') {
    if (stored.byteLength !== rawBytes) throw damagedBlock();
    return stored;
  }
  try {
    return zstd.decompress(stored, rawBytes);
  } catch (cause) {
    throw damagedBlock(cause);
  }
}

/** Reads a block. One that is damaged is remembered, so that nothing new is built on it. @throws FailureError `damaged` */
export async function soundBlock(folder: PackFolder, pack: OpenPack, block: number, zstd: Zstd): Promise<Uint8Array> {
  const row = pack.tables.block(block);
  try {
    return verifiedBlock(row, await pack.readStored(row, row), zstd);
  } catch (cause) {
    if (cause instanceof FailureError && cause.code === 'damaged') await folder.addBadBlocks(pack.name, [block]);
    throw cause;
  }
}

function damagedBlock(cause?: unknown): FailureError {
  return new FailureError('damaged', 'A block of pages is damaged on disk.', { cause });
}
