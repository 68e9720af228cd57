/*
 * The header of 12 bytes that virtio-net puts before each frame (virtio 1.2, 5.1.6): what the card still has to do to
 * a frame the guest sends, and what it has done already to one the guest takes. All its numbers are little endian.
 */

export const NET_HEADER_BYTES = 12;

/** Bits of `flags`. */
const NEEDS_CSUM = 1;
const DATA_VALID = 2;

/** Values of `gso_type`. */
const GSO_TCPV4 = 1;
const GSO_TCPV6 = 4;

/** Where the fields are. */
const FLAGS = 0;
const GSO_TYPE = 1;
const HDR_LEN = 2;
const GSO_SIZE = 4;
const CSUM_START = 6;
const CSUM_OFFSET = 8;
const NUM_BUFFERS = 10;

const ETHERNET_BYTES = 14;
const IPV6_BYTES = 40;
const TCP_MIN_BYTES = 20;
const PROTOCOL_TCP = 6;
/** The guest's MTU; segments of a super frame are of this size with their IP and TCP headers. */
const MTU_BYTES = 1500;

/**
 * Finishes a frame the guest sent: computes the checksum it left to the card, in place. A super segment of TCP has
 * its IP header for the whole length already, as Linux writes it, so that nothing else is missing.
 * @param header the 12 bytes before the frame
 * @returns false when the header points outside of the frame
 */
export function finishSentFrame(header: Uint8Array, frame: Uint8Array): boolean {
  if (((header[FLAGS] ?? 0) & NEEDS_CSUM) === 0) return true;
  return completeChecksum(frame, u16(header, CSUM_START), u16(header, CSUM_OFFSET));
}

/**
 * The internet checksum (RFC 1071) of everything from `start` to the end of the frame, written at `start + offset`,
 * where the guest has put the sum of the pseudo-header.
 * @returns false when there is no such place in the frame
 */
export function completeChecksum(frame: Uint8Array, start: number, offset: number): boolean {
  const at = start + offset;
  if (at + 2 > frame.byteLength) return false;
  // Summing 16-bit words gives the same in either byte order, as long as the result is stored in the same one.
  const checksum = ~onesComplementSum(frame, start) & 0xffff;
  // Zero says “no checksum” in UDP; its other representation is right everywhere.
  const written = checksum === 0 ? 0xffff : checksum;
  frame[at] = written & 0xff;
  frame[at + 1] = written >>> 8;
  return true;
}

/** Words between two folds: so many 16-bit halves still fit into 32 bits, where addition is fastest. */
const FOLD_WORDS = 16384;

/** The sum of 16-bit little-endian words from `start` on, folded to 16 bits. */
function onesComplementSum(frame: Uint8Array, start: number): number {
  let at = frame.byteOffset + start;
  const end = frame.byteOffset + frame.byteLength;
  // Only frames that do not begin at an even address, which ours do not: slow and right.
  if (at % 2 !== 0) return onesComplementSum(frame.slice(start), 0);
  let sum = 0;
  if (at % 4 !== 0 && at + 2 <= end) {
    sum += u16(frame, start);
    at += 2;
  }
  const words = new Uint32Array(frame.buffer, at, (end - at) >>> 2);
  const count = words.length;
  for (let first = 0; first < count; first += FOLD_WORDS) {
    const last = Math.min(first + FOLD_WORDS, count);
    let low = 0;
    let high = 0;
    for (let index = first; index < last; index += 1) {
      // Inside the bounds of the loop; the alternative is never taken and costs nothing.
      const word = words[index] ?? 0;
      low += word & 0xffff;
      high += word >>> 16;
    }
    sum = fold(sum + low + high);
  }
  at += count * 4;
  if (at + 2 <= end) {
    sum += u16(frame, at - frame.byteOffset);
    at += 2;
  }
  if (at < end) sum += frame[at - frame.byteOffset] ?? 0;
  return fold(sum);
}

function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return folded;
}

export interface ReceiveOptions {
  /** The guest believes us that checksums are right (GUEST_CSUM). */
  readonly isChecksumTrusted: boolean;
  readonly buffers: number;
}

/**
 * Writes the header of a frame the guest is to take. A TCP frame longer than the MTU is announced as many segments,
 * so that the guest's TCP counts them as such.
 */
export function writeReceiveHeader(header: Uint8Array, frame: Uint8Array, options: ReceiveOptions): void {
  header.fill(0);
  if (options.isChecksumTrusted) header[FLAGS] = DATA_VALID;
  setU16(header, NUM_BUFFERS, options.buffers);
  if (frame.byteLength <= ETHERNET_BYTES + MTU_BYTES) return;
  const tcp = tcpHeader(frame);
  if (tcp === null) return;
  const ipBytes = tcp.at - ETHERNET_BYTES;
  header[GSO_TYPE] = tcp.gsoType;
  setU16(header, HDR_LEN, tcp.at + tcp.bytes);
  setU16(header, GSO_SIZE, MTU_BYTES - ipBytes - tcp.bytes);
}

/** Where the TCP header of a frame is; null for what is no plain TCP over IP. */
function tcpHeader(frame: Uint8Array): { at: number; bytes: number; gsoType: number } | null {
  const etherType = ((frame[12] ?? 0) << 8) | (frame[13] ?? 0);
  let at: number;
  let gsoType: number;
  if (etherType === 0x0800 && frame[ETHERNET_BYTES + 9] === PROTOCOL_TCP) {
    at = ETHERNET_BYTES + ((frame[ETHERNET_BYTES] ?? 0) & 15) * 4;
    gsoType = GSO_TCPV4;
  } else if (etherType === 0x86dd && frame[ETHERNET_BYTES + 6] === PROTOCOL_TCP) {
    at = ETHERNET_BYTES + IPV6_BYTES;
    gsoType = GSO_TCPV6;
  } else return null;
  const bytes = ((frame[at + 12] ?? 0) >>> 4) * 4;
  return bytes < TCP_MIN_BYTES ? null : { at, bytes, gsoType };
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

function setU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value & 0xff;
  bytes[at + 1] = value >>> 8;
}
