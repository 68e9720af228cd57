import { readU16, readU32, readU8, writeU16, writeU32 } from './bytes.ts';
import { Malformed } from './malformed.ts';

/** RFC 9293 3.2, RFC 7323 (window scale, timestamps) and RFC 2018 (selective acknowledgement). */
export interface TcpOptions {
  readonly mss?: number;
  /** At most 14 (RFC 7323, 2.3). */
  readonly windowScale?: number;
  readonly sackPermitted?: true;
  /** Left and right edges: the first sequence number received and the one after the last. */
  readonly sack?: readonly (readonly [left: number, right: number])[];
  readonly timestamps?: { readonly value: number; readonly echo: number };
}

export const NO_TCP_OPTIONS: TcpOptions = Object.freeze({});
export const TCP_OPTIONS_MAX_BYTES = 40;

const KIND_END = 0;
const KIND_NOP = 1;
const KIND_MSS = 2;
const KIND_WINDOW_SCALE = 3;
const KIND_SACK_PERMITTED = 4;
const KIND_SACK = 5;
const KIND_TIMESTAMPS = 8;
const WINDOW_SCALE_MAX = 14;
/** NOP, NOP, timestamps, its length: how nearly every segment of an open connection begins its options. */
const ALIGNED_TIMESTAMPS = 0x0101080a;

const BAD_OPTION = new Malformed('TCP: an option longer than the header, or without a length');

/** The options between `at` and `end`. Unknown ones are skipped, as are known ones of an unknown length. */
export function parseTcpOptions(bytes: Uint8Array, at: number, end: number): TcpOptions | Malformed {
  if (at === end) return NO_TCP_OPTIONS;
  if (end - at === 12 && readU32(bytes, at) === ALIGNED_TIMESTAMPS) {
    return { timestamps: { value: readU32(bytes, at + 4), echo: readU32(bytes, at + 8) } };
  }
  const options: { -readonly [K in keyof TcpOptions]: TcpOptions[K] } = {};
  let next = at;
  while (next < end) {
    const kind = readU8(bytes, next);
    if (kind === KIND_END) break;
    if (kind === KIND_NOP) {
      next += 1;
      continue;
    }
    const length = next + 1 < end ? readU8(bytes, next + 1) : 0;
    if (length < 2 || next + length > end) return BAD_OPTION;
    if (kind === KIND_MSS && length === 4) {
      options.mss = readU16(bytes, next + 2);
    } else if (kind === KIND_WINDOW_SCALE && length === 3) {
      options.windowScale = Math.min(readU8(bytes, next + 2), WINDOW_SCALE_MAX);
    } else if (kind === KIND_SACK_PERMITTED && length === 2) {
      options.sackPermitted = true;
    } else if (kind === KIND_SACK && length > 2 && length % 8 === 2) {
      options.sack = readSack(bytes, next + 2, (length - 2) / 8);
    } else if (kind === KIND_TIMESTAMPS && length === 10) {
      options.timestamps = { value: readU32(bytes, next + 2), echo: readU32(bytes, next + 6) };
    }
    next += length;
  }
  return options;
}

function readSack(bytes: Uint8Array, at: number, count: number): [number, number][] {
  const blocks: [number, number][] = [];
  for (let i = 0; i < count; i++) blocks.push([readU32(bytes, at + 8 * i), readU32(bytes, at + 8 * i + 4)]);
  return blocks;
}

/** How many SACK blocks fit beside the other options. */
function sackBlocksOf(options: TcpOptions, usedBytes: number): number {
  if (options.sack === undefined) return 0;
  return Math.min(options.sack.length, Math.floor((TCP_OPTIONS_MAX_BYTES - usedBytes - 4) / 8));
}

/** What {@link writeTcpOptions} will write: a multiple of 4, at most 40. */
export function tcpOptionsBytes(options: TcpOptions): number {
  if (options === NO_TCP_OPTIONS) return 0;
  let length = 0;
  if (options.mss !== undefined) length += 4;
  if (options.windowScale !== undefined) length += 4;
  if (options.sackPermitted === true) length += 4;
  if (options.timestamps !== undefined) length += 12;
  const blocks = sackBlocksOf(options, length);
  return blocks > 0 ? length + 4 + 8 * blocks : length;
}

/**
 * Each option padded in front to whole words, as many SACK blocks as fit.
 * @returns How many bytes it wrote.
 */
export function writeTcpOptions(target: Uint8Array, at: number, options: TcpOptions): number {
  if (options === NO_TCP_OPTIONS) return 0;
  let next = at;
  if (options.mss !== undefined) {
    writeU16(target, next, (KIND_MSS << 8) | 4);
    writeU16(target, next + 2, options.mss);
    next += 4;
  }
  if (options.windowScale !== undefined) {
    writeU16(target, next, (KIND_NOP << 8) | KIND_WINDOW_SCALE);
    writeU16(target, next + 2, (3 << 8) | options.windowScale);
    next += 4;
  }
  if (options.sackPermitted === true) {
    writeU16(target, next, (KIND_NOP << 8) | KIND_NOP);
    writeU16(target, next + 2, (KIND_SACK_PERMITTED << 8) | 2);
    next += 4;
  }
  if (options.timestamps !== undefined) {
    writeU32(target, next, ALIGNED_TIMESTAMPS);
    writeU32(target, next + 4, options.timestamps.value);
    writeU32(target, next + 8, options.timestamps.echo);
    next += 12;
  }
  const blocks = sackBlocksOf(options, next - at);
  if (blocks > 0) {
    writeU16(target, next, (KIND_NOP << 8) | KIND_NOP);
    writeU16(target, next + 2, (KIND_SACK << 8) | (2 + 8 * blocks));
    next += 4;
    for (const [left, right] of options.sack?.slice(0, blocks) ?? []) {
      writeU32(target, next, left);
      writeU32(target, next + 4, right);
      next += 8;
    }
  }
  return next - at;
}
