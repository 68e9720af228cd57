import { inflateRawSync } from 'node:zlib';
import { FailureError } from '../../../shared/result.ts';

/** One member of a file that is several gzip files in a row (RFC 1952, 2.2), as apk's files are. */
export interface GzipMember {
  /** As it lies in the file: what signatures and checksums are made over. */
  readonly packed: Uint8Array;
  readonly content: Uint8Array;
}

const HEADER_BYTES = 10;
/** CRC-32 and length of the content. Every member is checked by a cryptographic hash, so they are passed over. */
const TRAILER_BYTES = 8;
const FLAG_HEADER_CRC = 0x02;
const FLAG_EXTRA = 0x04;
const FLAG_NAME = 0x08;
const FLAG_COMMENT = 0x10;
const FLAGS_RESERVED = 0xe0;

/**
 * Takes the gzip members of a file apart.
 * @param what the file, for sentences
 * @throws FailureError `damaged` for what is not gzip, `limit` for more members or content than allowed
 */
export function splitGzipMembers(
  bytes: Uint8Array,
  { what, membersMax, contentMaxBytes }: { what: string; membersMax: number; contentMaxBytes: number },
): GzipMember[] {
  const members: GzipMember[] = [];
  let room = contentMaxBytes;
  for (let offset = 0; offset < bytes.byteLength;) {
    if (members.length >= membersMax) throw new FailureError('limit', `${what} has more parts than it may have.`);
    const member = firstGzipMember(bytes.subarray(offset), { what, contentMaxBytes: room });
    members.push(member);
    room -= member.content.byteLength;
    offset += member.packed.byteLength;
  }
  return members;
}

/** The member that bytes begin with; nothing behind it is looked at. @throws FailureError as {@link splitGzipMembers} */
export function firstGzipMember(
  bytes: Uint8Array,
  { what, contentMaxBytes }: { what: string; contentMaxBytes: number },
): GzipMember {
  const dataStart = headerBytes(bytes, what);
  const { content, packedBytes } = inflate(bytes.subarray(dataStart), contentMaxBytes, what);
  const end = dataStart + packedBytes + TRAILER_BYTES;
  if (end > bytes.byteLength) throw damaged(what, 'it ends too early');
  return { packed: bytes.subarray(0, end), content };
}

function headerBytes(bytes: Uint8Array, what: string): number {
  const flags = bytes[3] ?? FLAGS_RESERVED;
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8 || (flags & FLAGS_RESERVED) !== 0)
    throw damaged(what, 'it is not a gzip file');
  let at = HEADER_BYTES;
  if (flags & FLAG_EXTRA) at += 2 + (bytes[at] ?? 0) + (bytes[at + 1] ?? 0) * 256;
  for (const flag of [FLAG_NAME, FLAG_COMMENT]) {
    if ((flags & flag) === 0) continue;
    const end = bytes.indexOf(0, at);
    if (end === -1) throw damaged(what, 'it ends too early');
    at = end + 1;
  }
  if (flags & FLAG_HEADER_CRC) at += 2;
  return at;
}

function inflate(bytes: Uint8Array, maxBytes: number, what: string): { content: Uint8Array; packedBytes: number } {
  try {
    // With `info` Node also gives the engine, which knows how far it has read; its types do not say so.
    const outcome: unknown = inflateRawSync(bytes, { info: true, maxOutputLength: Math.max(1, maxBytes) });
    if (!isInflated(outcome)) throw new Error('zlib gave no engine');
    return { content: outcome.buffer, packedBytes: outcome.engine.bytesWritten };
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE')
      throw new FailureError('limit', `${what} unpacks to more than it may. It was refused.`, { cause });
    throw damaged(what, 'it cannot be unpacked', cause);
  }
}

function isInflated(value: unknown): value is { buffer: Uint8Array; engine: { bytesWritten: number } } {
  if (typeof value !== 'object' || value === null || !('buffer' in value) || !('engine' in value)) return false;
  const { buffer, engine } = value;
  return (
    buffer instanceof Uint8Array &&
    typeof engine === 'object' &&
    engine !== null &&
    'bytesWritten' in engine &&
    typeof engine.bytesWritten === 'number'
  );
}

function damaged(what: string, why: string, cause?: unknown): FailureError {
  return new FailureError('damaged', `${what} is damaged: ${why}.`, cause === undefined ? undefined : { cause });
}
