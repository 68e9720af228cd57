import { readU16, readU8 } from './bytes.ts';
import { Malformed } from './malformed.ts';

/** The extension headers of RFC 8200, 4 that a host must step over to find the upper layer. */

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const DESTINATION_OPTIONS = 60;

/** Each kind comes once, destination options twice; more is an attack on whoever walks them (RFC 8504, 5.3). */
const HEADERS_MAX = 6;
/** RFC 8504, 5.3: more than this many options in one header are not taken either. */
const OPTIONS_MAX = 8;

const OPTION_PAD_1 = 0;
/** The two high bits of an option's type say what becomes of a packet whose reader does not know it: 0 is skip. */
const OPTION_ACTION_MASK = 0xc0;

const CUT_SHORT = new Malformed('IPv6: an extension header longer than the packet');
const TOO_MANY = new Malformed('IPv6: too many extension headers');
const MISPLACED = new Malformed('IPv6: an extension header where it must not be');
const UNKNOWN_OPTION = new Malformed('IPv6: an unknown option that forbids delivery');
const TOO_MANY_OPTIONS = new Malformed('IPv6: too many options');
const SOURCE_ROUTED = new Malformed('IPv6: a routing header with segments left');

export interface WalkedExtensions {
  readonly nextHeader: number;
  readonly payloadAt: number;
  readonly fragmentAt: number | null;
}

export function isExtensionHeader(nextHeader: number): boolean {
  return (
    nextHeader === HOP_BY_HOP || nextHeader === ROUTING || nextHeader === FRAGMENT || nextHeader === DESTINATION_OPTIONS
  );
}

/**
 * From the header of kind `nextHeader` at `at` to the upper layer, or to what lies behind a fragment header that says
 * there is more than this packet.
 * @param isWhole false behind a fragment header: neither another one nor hop-by-hop options may follow.
 */
export function walkExtensions(
  bytes: Uint8Array,
  at: number,
  end: number,
  nextHeader: number,
  isWhole: boolean,
): WalkedExtensions | Malformed {
  let kind = nextHeader;
  let next = at;
  let fragmentAt: number | null = null;
  for (let count = 0; isExtensionHeader(kind); count++) {
    if (count === HEADERS_MAX) return TOO_MANY;
    if (next + 8 > end) return CUT_SHORT;
    const following = readU8(bytes, next);
    if (kind === FRAGMENT) {
      if (fragmentAt !== null || !isWhole) return MISPLACED;
      fragmentAt = next;
      next += 8;
      // Bits 1 and 2 are reserved; the others are the offset and the flag for more.
      if ((readU16(bytes, fragmentAt + 2) & ~6) !== 0) return { nextHeader: following, payloadAt: next, fragmentAt };
    } else {
      const lengthBytes = 8 + 8 * readU8(bytes, next + 1);
      if (next + lengthBytes > end) return CUT_SHORT;
      if (kind === HOP_BY_HOP && (count > 0 || !isWhole)) return MISPLACED;
      if (kind === ROUTING) {
        if (readU8(bytes, next + 3) !== 0) return SOURCE_ROUTED;
      } else {
        const flaw = flawOfOptions(bytes, next + 2, next + lengthBytes);
        if (flaw !== null) return flaw;
      }
      next += lengthBytes;
    }
    kind = following;
  }
  return { nextHeader: kind, payloadAt: next, fragmentAt };
}

/** None is known here (padding aside), so only those may stand that ask to be skipped then. */
function flawOfOptions(bytes: Uint8Array, at: number, end: number): Malformed | null {
  let next = at;
  for (let count = 0; next < end;) {
    const type = readU8(bytes, next);
    if (type === OPTION_PAD_1) {
      next += 1;
      continue;
    }
    if (++count > OPTIONS_MAX) return TOO_MANY_OPTIONS;
    if (next + 2 > end) return CUT_SHORT;
    if ((type & OPTION_ACTION_MASK) !== 0) return UNKNOWN_OPTION;
    next += 2 + readU8(bytes, next + 1);
    if (next > end) return CUT_SHORT;
  }
  return null;
}
