import { createHash } from 'node:crypto';
import { FailureError } from '../../shared/result.ts';
import type { Zstd } from '../zstd.ts';
import type { PackBlock } from './pack-format.ts';

/** A block's pages. @throws FailureError `damaged` when the stored bytes are not what its hash says */
export function verifiedBlock({ sha256, codec, rawBytes }: PackBlock, stored: Uint8Array, zstd: Zstd): Uint8Array {
  if (createHash('sha256').update(stored).digest().compare(sha256) !== 0) throw damagedBlock();
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

function damagedBlock(cause?: unknown): FailureError {
  return new FailureError('damaged', 'A block of pages is damaged on disk.', { cause });
}
