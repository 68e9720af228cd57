import { createHash } from 'node:crypto';
import { PAGE_BYTES, type BlockCodec } from '../../shared/bulk/state-plan.ts';

/*
 * How a bundle lies in its file: a header and a chain of sections (docs/formats/bundle.md). Nothing here reads or writes
 * files.
 */

export const BUNDLE_VERSION = 1;
export const BUNDLE_HEADER_BYTES = 16;
export const SECTION_ROW_BYTES = 48;
export const HASH_BYTES = 32;

/** A section is held in memory as a whole. */
export const SECTION_MAX_BYTES = 4 * 1024 * 1024;
/** Lists and data are cut here. */
export const FULL_SECTION_BYTES = 1024 * 1024;
export const BLOCK_PAGES = 64;
export const BLOCK_BYTES = BLOCK_PAGES * PAGE_BYTES;
export const RUN_BYTES = 8;
/** SHA-256 and size (u64) of a file. */
export const FILE_ROW_BYTES = 40;
export const FILES_PER_SECTION = 16_384;

/** A page of zeros has no number; runs have this one for it. */
export const ZERO_NUMBER = 0xffff_ffff;

/** Bounds of what a bundle may hold, each with its reason in docs/formats/bundle.md. */
export const STATES_MAX = 1024;
export const PAGES_MAX = 4 * 1024 * 1024;
export const RUNS_MAX = 8 * 1024 * 1024;
export const IMAGES_MAX = 16;
export const FILES_MAX = 262_144;
export const FILE_MAX_BYTES = 512 * 1024 * 1024;
export const FILES_TOTAL_MAX_BYTES = 16 * 1024 * 1024 * 1024;
export const FILE_LIST_MAX_BYTES = 64 * 1024 * 1024;

export const SECTION_TYPES = ['HEAD', 'IMAG', 'FILE', 'DATA', 'STAT', 'HASH', 'LENT', 'RUNS', 'PAGE', 'DONE'] as const;
export type SectionType = (typeof SECTION_TYPES)[number];

/** What a section is, for a person who is told that it is damaged. */
export const SECTION_WORDS: Record<SectionType, string> = {
  HEAD: 'its table of contents',
  IMAG: 'the description of an image',
  FILE: 'the list of an image’s files',
  DATA: 'the files of an image',
  STAT: 'the description of a snapshot',
  HASH: 'the checksums of a snapshot’s pages',
  LENT: 'the checksums of pages it does not have itself',
  RUNS: 'the list of a snapshot’s pages',
  PAGE: 'the pages of a snapshot',
  DONE: 'its end',
};

const MAGIC = Buffer.from('TERRBNDL', 'latin1');
const CODECS: readonly BlockCodec[] = ['stored', 'zstd'];
const HASHED_ROW_BYTES = 16;

export interface SectionRow {
  /** As it is in the file, which may be no type that we know. */
  readonly type: string;
  readonly codec: BlockCodec | null;
  readonly storedBytes: number;
  readonly rawBytes: number;
  readonly sha256: Uint8Array;
}

export function encodeBundleHeader(): Uint8Array {
  const header = new Uint8Array(BUNDLE_HEADER_BYTES);
  header.set(MAGIC);
  new DataView(header.buffer).setUint32(8, BUNDLE_VERSION, true);
  return header;
}

/** @returns the version, or null for what is no bundle */
export function bundleVersion(header: Uint8Array): number | null {
  if (header.byteLength < BUNDLE_HEADER_BYTES || MAGIC.compare(header, 0, MAGIC.byteLength) !== 0) return null;
  return new DataView(header.buffer, header.byteOffset, BUNDLE_HEADER_BYTES).getUint32(8, true);
}

/** What the chain of hashes begins with. */
export function headerHash(header: Uint8Array): Uint8Array {
  return createHash('sha256').update(header).digest();
}

/** @param before the hash of the section before */
export function encodeSectionRow(
  type: SectionType,
  codec: BlockCodec,
  stored: Uint8Array,
  rawBytes: number,
  before: Uint8Array,
): Uint8Array {
  const row = new Uint8Array(SECTION_ROW_BYTES);
  const view = new DataView(row.buffer);
  row.set(Buffer.from(type, 'latin1'));
  view.setUint32(4, CODECS.indexOf(codec), true);
  view.setUint32(8, stored.byteLength, true);
  view.setUint32(12, rawBytes, true);
  row.set(sectionHash(row, stored, before), HASHED_ROW_BYTES);
  return row;
}

export function parseSectionRow(row: Uint8Array): SectionRow {
  const view = new DataView(row.buffer, row.byteOffset, SECTION_ROW_BYTES);
  return {
    type: Buffer.from(row.subarray(0, 4)).toString('latin1'),
    codec: CODECS[view.getUint32(4, true)] ?? null,
    storedBytes: view.getUint32(8, true),
    rawBytes: view.getUint32(12, true),
    sha256: row.slice(HASHED_ROW_BYTES, SECTION_ROW_BYTES),
  };
}

/** A link of the chain: what a section's row must hold. */
export function sectionHash(row: Uint8Array, stored: Uint8Array, before: Uint8Array): Uint8Array {
  const hash = createHash('sha256').update(before).update(row.subarray(0, HASHED_ROW_BYTES));
  return hash.update(stored).digest();
}
