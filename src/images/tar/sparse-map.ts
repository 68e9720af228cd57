import { readBytes, type ByteSource } from './byte-source.ts';
import { refused, unreadable } from './refusal.ts';
import { BLOCK_BYTES, parseNumber } from './tar-header.ts';
import type { PaxRecord } from './pax-records.ts';

/** Where bytes that are stored belong in a file; all others of it are zero. */
export interface SparseSegment {
  readonly offset: number;
  readonly length: number;
}

export interface SparseMap {
  readonly sizeBytes: number;
  readonly segments: readonly SparseSegment[];
}

/** A file of 1 GiB with a hole in every other block of its disk has half of these. */
const SEGMENTS_MAX = 262_144;
/** GNU tar, `struct oldgnu_header`: four entries of two numbers, a mark that more follow, the real size. */
const OLD = { entriesAt: 386, entries: 4, moreAt: 482, sizeAt: 483 } as const;
/** `struct sparse_header`: 21 entries, then the mark. */
const MORE = { entries: 21, moreAt: 504 } as const;
const NUMBER_BYTES = 12;
const ZEROS = Buffer.alloc(64 * 1024);

/** GNU's old format: the map stands in the header, and in blocks between it and the content. */
export async function readOldGnuMap(block: Buffer, source: ByteSource, entry: string): Promise<SparseMap> {
  const segments: SparseSegment[] = [];
  const take = (from: Buffer, at: number, entries: number): void => {
    for (let i = 0; i < entries; i += 1) {
      const offset = parseNumber(from.subarray(at, at + NUMBER_BYTES));
      const length = parseNumber(from.subarray(at + NUMBER_BYTES, at + 2 * NUMBER_BYTES));
      if (offset === null || length === null) throw badMap(entry);
      // Unused places are all zero; the last one in use may be an empty segment at the file's end.
      if (offset !== 0 || length !== 0) segments.push({ offset, length });
      at += 2 * NUMBER_BYTES;
    }
    if (segments.length > SEGMENTS_MAX) throw badMap(entry);
  };
  const sizeBytes = parseNumber(block.subarray(OLD.sizeAt, OLD.sizeAt + NUMBER_BYTES));
  take(block, OLD.entriesAt, OLD.entries);
  let hasMore = block[OLD.moreAt] !== 0;
  while (hasMore) {
    const more = await readBytes(source, BLOCK_BYTES);
    if (more.byteLength < BLOCK_BYTES) throw unreadable('it is cut off');
    const before = segments.length;
    take(more, 0, MORE.entries);
    if (segments.length === before) throw badMap(entry);
    hasMore = more[MORE.moreAt] !== 0;
  }
  return { sizeBytes: sizeBytes ?? -1, segments };
}

/** GNU's formats 0.0 and 0.1: the map stands in the pax header. @returns null where it has none */
export function paxMap(records: readonly PaxRecord[], entry: string): SparseMap | null {
  const value = (key: string): string | null =>
    records.findLast(([name]) => name === key)?.[1].toString('latin1') ?? null;
  const size = value('GNU.sparse.size');
  if (size === null) return null;
  const joined = value('GNU.sparse.map');
  const numbers =
    joined === null
      ? records
          .filter(([key]) => key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes')
          .map(([, number]) => number.toString('latin1'))
      : joined.split(',');
  return {
    sizeBytes: decimal(size, entry),
    segments: pairs(
      numbers.filter((number) => number !== ''),
      entry,
    ),
  };
}

/**
 * GNU's format 1.0: the map stands before the content, numbers in lines, filled up to a whole block.
 * @returns the map and how many of the stored bytes it took
 */
export async function readLeadingMap(
  source: ByteSource,
  { sizeBytes, storedBytes, entry }: { sizeBytes: number; storedBytes: number; entry: string },
): Promise<{ map: SparseMap; takenBytes: number }> {
  const numbers: string[] = [];
  let rest = '';
  let takenBytes = 0;
  let wanted = 1;
  while (numbers.length < wanted) {
    if (takenBytes + BLOCK_BYTES > storedBytes) throw badMap(entry);
    const block = await readBytes(source, BLOCK_BYTES);
    if (block.byteLength < BLOCK_BYTES) throw unreadable('it is cut off');
    takenBytes += BLOCK_BYTES;
    const lines = (rest + block.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (numbers.length === wanted) break;
      numbers.push(line);
      if (numbers.length === 1) wanted = 1 + 2 * decimal(line, entry);
      if (wanted > 1 + 2 * SEGMENTS_MAX) throw badMap(entry);
    }
    if (rest.length > BLOCK_BYTES) throw badMap(entry);
  }
  return { map: { sizeBytes, segments: pairs(numbers.slice(1), entry) }, takenBytes };
}

/** @throws FailureError unless the segments lie one after another in the file and are what is stored */
export function checkMap(map: SparseMap, storedBytes: number, entry: string): void {
  let end = 0;
  let sum = 0;
  for (const { offset, length } of map.segments) {
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || length < 0 || offset < end)
      throw badMap(entry);
    end = offset + length;
    sum += length;
  }
  if (!Number.isSafeInteger(map.sizeBytes) || end > map.sizeBytes || sum !== storedBytes) throw badMap(entry);
}

/** The file as it was, its holes as zeros. */
export async function* withHoles(
  map: SparseMap,
  take: (maxBytes: number) => Promise<Buffer>,
): AsyncGenerator<Buffer, void, void> {
  let at = 0;
  for (const { offset, length } of [...map.segments, { offset: map.sizeBytes, length: 0 }]) {
    while (at < offset) {
      const hole = ZEROS.subarray(0, offset - at);
      at += hole.byteLength;
      yield hole;
    }
    for (const end = offset + length; at < end;) {
      const piece = await take(end - at);
      at += piece.byteLength;
      yield piece;
    }
  }
}

function pairs(numbers: readonly string[], entry: string): SparseSegment[] {
  if (numbers.length % 2 !== 0 || numbers.length > 2 * SEGMENTS_MAX) throw badMap(entry);
  const segments: SparseSegment[] = [];
  for (let i = 0; i < numbers.length; i += 2) {
    segments.push({ offset: decimal(numbers[i] ?? '', entry), length: decimal(numbers[i + 1] ?? '', entry) });
  }
  return segments;
}

export function decimal(text: string, entry: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : -1;
  if (value < 0 || !Number.isSafeInteger(value)) throw badMap(entry);
  return value;
}

function badMap(entry: string): Error {
  return refused(entry, 'what it says of its holes does not fit its content');
}
