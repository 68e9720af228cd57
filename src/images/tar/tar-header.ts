import { refused, unreadable } from './refusal.ts';

export const BLOCK_BYTES = 512;

/** What so much content takes in a tarball, which is made of whole blocks. */
export function padded(sizeBytes: number): number {
  return Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
}

/** One header block, its fields read but not yet judged together (POSIX.1-2017, pax, “ustar Interchange Format”). */
export interface TarHeader {
  readonly name: string;
  readonly linkName: string;
  /** Permission bits, without the file type that some programs write here, too. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes stored after the header. */
  readonly sizeBytes: number;
  readonly mtimeS: number;
  readonly type: string;
}

const CHECKSUM = { at: 148, bytes: 8 } as const;
/** POSIX: `ustar` and NUL; GNU's own format has a space there and no prefix. */
const USTAR_MAGIC = Buffer.from('ustar\0', 'latin1');
/** Linux keeps owners in 32 bits, and the last value means “none”. */
const OWNER_MAX = 0xffff_fffe;
/** v86 keeps times in 32 bits. */
const TIME_MAX_S = 0xffff_ffff;

/**
 * @param at where in the tarball the block is, for the sentence when it is broken
 * @returns null for a block of zeros, which ends a tarball
 * @throws FailureError
 */
export function parseHeader(block: Buffer, at: number): TarHeader | null {
  if (block.every((byte) => byte === 0)) return null;
  if (!hasRightChecksum(block)) throw unreadable(`the header at byte ${at} has a wrong checksum`);
  const field = (from: number, bytes: number): Buffer => untilNul(block.subarray(from, from + bytes));
  const isUstar = block.subarray(257, 263).equals(USTAR_MAGIC);
  const name = decodeName(field(0, 100));
  const prefix = isUstar ? decodeName(field(345, 155)) : '';
  const number = (from: number, bytes: number, what: string): number => {
    const value = parseNumber(block.subarray(from, from + bytes));
    if (value === null) throw unreadable(`the header at byte ${at} has no number where the ${what} stands`);
    return value;
  };
  const sizeBytes = number(124, 12, 'size');
  const path = prefix === '' ? name : `${prefix}/${name}`;
  checkSize(sizeBytes, path);
  return {
    name: path,
    linkName: decodeName(field(157, 100)),
    mode: number(100, 8, 'mode') & 0o7777,
    uid: checkOwner(number(108, 8, 'owner'), path),
    gid: checkOwner(number(116, 8, 'group'), path),
    sizeBytes,
    mtimeS: clampTime(number(136, 12, 'time')),
    type: String.fromCharCode(block[156] ?? 0),
  };
}

/** A wrong sum means a damaged file or none at all. Some old programs summed signed bytes. */
function hasRightChecksum(block: Buffer): boolean {
  const stated = parseNumber(block.subarray(CHECKSUM.at, CHECKSUM.at + CHECKSUM.bytes));
  let sum = CHECKSUM.bytes * 0x20;
  let signedSum = sum;
  block.forEach((byte, i) => {
    if (i >= CHECKSUM.at && i < CHECKSUM.at + CHECKSUM.bytes) return;
    sum += byte;
    signedSum += byte < 0x80 ? byte : byte - 0x100;
  });
  return stated === sum || stated === signedSum;
}

/**
 * Octal digits, or where the first bit is set (GNU) a big-endian number in two's complement.
 * @returns null for what is neither
 */
export function parseNumber(field: Buffer): number | null {
  const first = field[0] ?? 0;
  if ((first & 0x80) !== 0) {
    let value = BigInt(first & 0x3f) - BigInt(first & 0x40);
    for (const byte of field.subarray(1)) value = (value << 8n) | BigInt(byte);
    return Number(value);
  }
  const text = field
    .toString('latin1')
    .replace(/^[ \0]+/, '')
    .replace(/[ \0].*$/s, '');
  if (text === '') return 0;
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : null;
}

/** @throws FailureError */
export function checkSize(sizeBytes: number, entry: string): void {
  if (sizeBytes < 0) throw refused(entry, 'it says that it is smaller than nothing');
  if (!Number.isSafeInteger(sizeBytes)) throw refused(entry, 'it says that it is larger than any disk');
}

/** @throws FailureError */
export function checkOwner(id: number, entry: string): number {
  if (!Number.isInteger(id) || id < 0 || id > OWNER_MAX) throw refused(entry, 'its owner is no number that Linux has');
  return id;
}

/** Times before 1970 and after 2106 come from broken clocks; they are no reason to refuse a file. */
export function clampTime(seconds: number): number {
  return Math.min(Math.max(Math.floor(seconds), 0), TIME_MAX_S);
}

/** @throws FailureError for bytes that are no text: a guest would see another name than the tarball has */
export function decodeName(bytes: Buffer): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw refused(bytes.toString('latin1'), 'its name is not written in UTF-8; convert it (convmv does) and try again');
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function untilNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}
