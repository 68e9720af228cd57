/**
 * Big-endian numbers in bytes. Reading past the end gives zeros: parsers check lengths first, and a check forgotten
 * must not turn into NaN in arithmetic. Small enough for V8 to inline; a DataView per frame would be an allocation.
 */

export const NO_BYTES: Uint8Array = new Uint8Array(0);

export function readU8(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

export function readU16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** As a signed number, which V8 keeps in a register: for comparing and hashing. */
export function readI32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
}

export function readU32(bytes: Uint8Array, at: number): number {
  return readI32(bytes, at) >>> 0;
}

export function writeU16(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 8;
  target[at + 1] = value;
}

export function writeU32(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}
