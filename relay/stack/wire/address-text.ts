/** IP addresses as text, both ways, without caches. IPv6 text is canonical after RFC 5952. */

const IPV6_GROUPS = 8;
/** `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`; anything longer needs no look. */
const IPV6_TEXT_MAX_CHARACTERS = 45;
const DECIMAL_OCTET = /^(?:0|[1-9][0-9]{0,2})$/;
const HEX_GROUP = /^[0-9a-fA-F]{1,4}$/;

/** Exactly four decimal octets without leading zeros, which some readers take for octal (RFC 6943, 3.1.1). */
export function parseIpv4Text(text: string): Uint8Array | null {
  const parts = text.split('.', 5);
  if (parts.length !== 4) return null;
  const bytes = new Uint8Array(4);
  for (let i = 0; i < 4; i++) {
    const part = parts[i] ?? '';
    if (!DECIMAL_OCTET.test(part)) return null;
    const octet = Number(part);
    if (octet > 255) return null;
    bytes[i] = octet;
  }
  return bytes;
}

/** RFC 4291, 2.2: all three forms; no zone, no brackets. */
export function parseIpv6Text(text: string): Uint8Array | null {
  if (text.length > IPV6_TEXT_MAX_CHARACTERS) return null;
  const [first = '', second, more] = text.split('::', 3);
  if (more !== undefined) return null;
  const head = groupsOf(first, second === undefined);
  const tail = second === undefined ? [] : groupsOf(second, true);
  if (head === null || tail === null) return null;
  const given = head.length + tail.length;
  // `::` stands for at least one group.
  if (second === undefined ? given !== IPV6_GROUPS : given >= IPV6_GROUPS) return null;
  const bytes = new Uint8Array(16);
  const put = (group: number, index: number): void => {
    bytes[2 * index] = group >>> 8;
    bytes[2 * index + 1] = group;
  };
  head.forEach(put);
  tail.forEach((group, i) => put(group, IPV6_GROUPS - tail.length + i));
  return bytes;
}

/** The 16-bit groups between colons; the last may be a dotted IPv4 address where the text ends with it. */
function groupsOf(text: string, isLastPart: boolean): number[] | null {
  if (text === '') return [];
  const parts = text.split(':', IPV6_GROUPS + 1);
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (HEX_GROUP.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const dotted = isLastPart && i === parts.length - 1 ? parseIpv4Text(part) : null;
    if (dotted === null) return null;
    const [a = 0, b = 0, c = 0, d = 0] = dotted;
    groups.push((a << 8) | b, (c << 8) | d);
  }
  return groups;
}

export function ipv4Text(bytes: Uint8Array, at: number): string {
  return `${bytes[at] ?? 0}.${bytes[at + 1] ?? 0}.${bytes[at + 2] ?? 0}.${bytes[at + 3] ?? 0}`;
}

/**
 * Lower case, no leading zeros, the first longest run of two or more zero groups as `::`. The dotted form is used for
 * IPv4-mapped addresses only (RFC 5952, 5), as the system's own printing does.
 */
export function ipv6Text(bytes: Uint8Array, at: number): string {
  const groups: number[] = [];
  for (let i = 0; i < IPV6_GROUPS; i++) groups.push(((bytes[at + 2 * i] ?? 0) << 8) | (bytes[at + 2 * i + 1] ?? 0));
  if (groups[5] === 0xffff && groups.every((group, i) => i >= 5 || group === 0)) {
    return `::ffff:${ipv4Text(bytes, at + 12)}`;
  }
  const run = longestZeroRun(groups);
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  if (run.length < 2) return hex(groups);
  return `${hex(groups.slice(0, run.start))}::${hex(groups.slice(run.start + run.length))}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let i = 0; i <= groups.length; i++) {
    if (groups[i] === 0) continue;
    if (i - start > best.length) best = { start, length: i - start };
    start = i + 1;
  }
  return best;
}
