import { readU16, readU8 } from './bytes.ts';
import { Malformed } from './malformed.ts';

/**
 * Domain names: labels on the wire (RFC 1035, 3.1 and 4.1.4), dotted text in programs. The text is lower-case, has no
 * dot at its end, and is empty for the root. Octets of a label that are not printable, and dots and backslashes in
 * it, are written `\DDD` or `\.` (RFC 1035, 5.1), so that two names with equal text are equal.
 */
export type DomainName = string;

export const DNS_LABEL_MAX_BYTES = 63;
/** With all lengths and the root's. */
export const DNS_NAME_MAX_BYTES = 255;

const POINTER = 0xc0;
const POINTER_MASK = 0x3fff;
/** A pointer's target must fit 14 bits. */
const POINTER_TARGET_MAX = 0x3fff;

const DOT = 0x2e;
const BACKSLASH = 0x5c;

const CUT_SHORT = new Malformed('DNS: a name longer than the message');
const TOO_LONG = new Malformed('DNS: a name longer than 255 octets');
const BAD_POINTER = new Malformed('DNS: a pointer that does not lead back');
const BAD_LABEL = new Malformed('DNS: a label of an unknown kind');

/**
 * Copies the name at `at`, uncompressed, to the front of `target` (of DNS_NAME_MAX_BYTES).
 * @returns Its length there, and where the message goes on behind it, as `next * 256 + length`: this runs for every
 * record of every answer, and makes no objects.
 */
export function copyName(bytes: Uint8Array, at: number, target: Uint8Array): number | Malformed {
  let from = at;
  let next = -1;
  let length = 0;
  // Every pointer leads to before where this stretch of labels began, so that there is an end.
  let stretchAt = at;
  for (;;) {
    if (from >= bytes.length) return CUT_SHORT;
    const label = readU8(bytes, from);
    if ((label & POINTER) === POINTER) {
      if (from + 2 > bytes.length) return CUT_SHORT;
      const pointed = readU16(bytes, from) & POINTER_MASK;
      if (pointed >= stretchAt) return BAD_POINTER;
      if (next < 0) next = from + 2;
      from = pointed;
      stretchAt = pointed;
      continue;
    }
    if (label > DNS_LABEL_MAX_BYTES) return BAD_LABEL;
    if (length + 1 + label > DNS_NAME_MAX_BYTES) return TOO_LONG;
    if (from + 1 + label > bytes.length) return CUT_SHORT;
    for (let i = 0; i <= label; i++) target[length + i] = readU8(bytes, from + i);
    length += 1 + label;
    from += 1 + label;
    if (label === 0) break;
  }
  return (next < 0 ? from : next) * 256 + length;
}

/** The text of an uncompressed name that {@link copyName} has made. */
export function nameText(wire: Uint8Array): DomainName {
  let text = '';
  for (let at = 0; ;) {
    const label = readU8(wire, at);
    if (label === 0) return text;
    if (at > 0) text += '.';
    for (let i = at + 1; i <= at + label; i++) text += octetText(readU8(wire, i));
    at += 1 + label;
  }
}

function octetText(octet: number): string {
  if (octet === DOT || octet === BACKSLASH) return `\\${String.fromCharCode(octet)}`;
  if (octet <= 0x20 || octet >= 0x7f) return `\\${octet.toString().padStart(3, '0')}`;
  const isUpperCase = octet >= 0x41 && octet <= 0x5a;
  return String.fromCharCode(isUpperCase ? octet + 0x20 : octet);
}

/**
 * The labels of a name as they stand in its text, escapes and all; joined with dots they are the text again.
 */
export function nameLabels(name: DomainName): string[] {
  if (name === '') return [];
  const labels: string[] = [];
  let start = 0;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (code === BACKSLASH) i += 1;
    else if (code === DOT) {
      labels.push(name.slice(start, i));
      start = i + 1;
    }
  }
  labels.push(name.slice(start));
  return labels;
}

/** The octets of one label of a name's text; null when it is no label: empty, too long, or wrongly escaped. */
export function labelBytes(label: string): Uint8Array | null {
  const octets: number[] = [];
  for (let i = 0; i < label.length; i++) {
    let code = label.charCodeAt(i);
    if (code === BACKSLASH) {
      const decimal = /^[0-9]{3}/.exec(label.slice(i + 1, i + 4));
      if (decimal !== null) {
        code = Number(decimal[0]);
        i += 3;
      } else {
        i += 1;
        if (i === label.length) return null;
        code = label.charCodeAt(i);
      }
    }
    if (code > 0xff) return null;
    octets.push(code);
  }
  return octets.length === 0 || octets.length > DNS_LABEL_MAX_BYTES ? null : Uint8Array.from(octets);
}

/** A name as it stands on the wire, uncompressed; null when its text is not a name's. */
export function nameBytes(name: DomainName): Uint8Array | null {
  const parts = nameLabels(name).map(labelBytes);
  let length = 1;
  for (const part of parts) {
    if (part === null) return null;
    length += 1 + part.length;
  }
  if (length > DNS_NAME_MAX_BYTES) return null;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    if (part === null) continue;
    bytes[at] = part.length;
    bytes.set(part, at + 1);
    at += 1 + part.length;
  }
  return bytes;
}

/** Writes names one after another and points back to those already written (RFC 1035, 4.1.4). */
export class NameWriter {
  private readonly written = new Map<DomainName, number>();

  /** @returns Where the message goes on. Room for DNS_NAME_MAX_BYTES is there; the name is one. */
  write(target: Uint8Array, at: number, name: DomainName): number {
    const labels = nameLabels(name);
    let next = at;
    for (let i = 0; i < labels.length; i++) {
      const rest = i === 0 ? name : labels.slice(i).join('.');
      const before = this.written.get(rest);
      if (before !== undefined) {
        target[next] = POINTER | (before >>> 8);
        target[next + 1] = before;
        return next + 2;
      }
      if (next <= POINTER_TARGET_MAX) this.written.set(rest, next);
      const bytes = labelBytes(labels[i] ?? '');
      if (bytes === null) throw new RangeError(`Not a domain name: ${name}`);
      target[next] = bytes.length;
      target.set(bytes, next + 1);
      next += 1 + bytes.length;
    }
    target[next] = 0;
    return next + 1;
  }
}
