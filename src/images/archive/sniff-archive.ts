/** What an archive is, by its first bytes. */
export type ArchiveKind = 'tar' | 'gzip' | 'xz' | 'zstd';

/** The header of a tar member is this long, and the longest of all. */
export const SNIFFED_BYTES = 512;

/** RFC 1952, 2.3.1; the .xz file format, 2.1.1.1; RFC 8878, 3.1.1. */
const MAGIC: readonly (readonly [ArchiveKind, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];

/** Where the header's checksum stands (POSIX ustar): octal, over the header with spaces in this place. */
const CHECKSUM_OFFSET = 148;
const CHECKSUM_BYTES = 8;

/** @param head the first {@link SNIFFED_BYTES}; fewer when the file is shorter */
export function sniffArchive(head: Uint8Array): ArchiveKind | null {
  const known = MAGIC.find(([, bytes]) => bytes.every((byte, i) => head[i] === byte));
  if (known) return known[0];
  return isTarHeader(head) ? 'tar' : null;
}

function isTarHeader(head: Uint8Array): boolean {
  if (head.byteLength < SNIFFED_BYTES) return false;
  const end = CHECKSUM_OFFSET + CHECKSUM_BYTES;
  const stated = Buffer.from(head.subarray(CHECKSUM_OFFSET, end)).toString('latin1');
  if (!/^ *[0-7]+[ \0]*$/.test(stated)) return false;
  let sum = CHECKSUM_BYTES * 0x20;
  head.forEach((byte, i) => {
    if (i < CHECKSUM_OFFSET || i >= end) sum += byte;
  });
  return Number.parseInt(stated.trim(), 8) === sum;
}
