import { ipv4Text, ipv6Text, parseIpv4Text, parseIpv6Text } from './address-text.ts';
import { readI32, readU16 } from './bytes.ts';

/** Canonical text: `10.0.2.15`, or IPv6 after RFC 5952. Equal addresses are equal strings. */
export type IpAddress = string;
/** Lower case with colons: `02:00:00:00:00:01`. */
export type Mac = string;

export interface Cidr {
  /** With the bits below the prefix cleared. */
  readonly address: IpAddress;
  readonly prefixLength: number;
  readonly family: 4 | 6;
}

export const BROADCAST_MAC: Mac = 'ff:ff:ff:ff:ff:ff';
export const ZERO_MAC: Mac = '00:00:00:00:00:00';

/**
 * Every frame turns addresses into text and back. The caches below make that a look-up; a guest that scans through
 * addresses only makes them miss. Text from bytes: direct-mapped, an entry is overwritten by the next that falls on
 * its slot. Bytes from text: maps that start anew when full.
 */
const IPV4_SLOTS_BITS = 10;
const IPV6_SLOTS_BITS = 9;
const MAC_SLOTS_BITS = 8;
const KNOWN_ADDRESSES_MAX = 4096;
const KNOWN_MACS_MAX = 1024;
/** Spreads keys that differ in few bits over the upper bits (Fibonacci hashing). */
const HASH_FACTOR = 0x9e3779b1;

const ipv4Keys = new Int32Array(1 << IPV4_SLOTS_BITS);
const ipv4Texts: string[] = new Array<string>(1 << IPV4_SLOTS_BITS).fill('');
const ipv6Keys = new Int32Array(4 << IPV6_SLOTS_BITS);
const ipv6Texts: string[] = new Array<string>(1 << IPV6_SLOTS_BITS).fill('');
const macKeys = new Int32Array(2 << MAC_SLOTS_BITS);
const macTexts: string[] = new Array<string>(1 << MAC_SLOTS_BITS).fill('');

interface KnownAddress {
  readonly bytes: Uint8Array;
  /** The sum of its 16-bit words, for pseudo headers. */
  readonly sum: number;
}

const knownAddresses = new Map<IpAddress, KnownAddress>();
const knownMacs = new Map<Mac, Uint8Array>();

/** The address a text names, canonical; null unless it is exactly one. No octal, no short forms, no zone. */
export function parseIpAddress(text: string): IpAddress | null {
  const bytes = text.includes(':') ? parseIpv6Text(text) : parseIpv4Text(text);
  if (bytes === null) return null;
  return bytes.length === 4 ? ipv4Text(bytes, 0) : ipv6Text(bytes, 0);
}

export function addressFamily(address: IpAddress): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

/** 4 or 16 bytes, shared by all callers: not to be written to. */
export function addressBytes(address: IpAddress): Uint8Array {
  return known(address).bytes;
}

/** The ones-complement sum of the address's 16-bit words, not folded. */
export function addressSum(address: IpAddress): number {
  return known(address).sum;
}

/** @returns How many bytes it wrote. */
export function writeAddress(target: Uint8Array, at: number, address: IpAddress): 4 | 16 {
  const { bytes } = known(address);
  // `set` costs more than this loop for so few bytes.
  for (let i = 0; i < bytes.length; i++) target[at + i] = bytes[i] ?? 0;
  return bytes.length === 4 ? 4 : 16;
}

function known(address: IpAddress): KnownAddress {
  return knownAddresses.get(address) ?? learn(address);
}

function learn(address: IpAddress): KnownAddress {
  const bytes = address.includes(':') ? parseIpv6Text(address) : parseIpv4Text(address);
  if (bytes === null) throw new RangeError(`Not an IP address: ${address}`);
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += readU16(bytes, i);
  const entry = { bytes, sum };
  if (knownAddresses.size >= KNOWN_ADDRESSES_MAX) knownAddresses.clear();
  knownAddresses.set(address, entry);
  return entry;
}

/** The address in 4 or 16 bytes; the caller has checked that they are there. */
export function addressAt(bytes: Uint8Array, at: number, length: 4 | 16): IpAddress {
  return length === 4 ? ipv4At(bytes, at) : ipv6At(bytes, at);
}

function ipv4At(bytes: Uint8Array, at: number): IpAddress {
  const key = readI32(bytes, at);
  const slot = Math.imul(key, HASH_FACTOR) >>> (32 - IPV4_SLOTS_BITS);
  const cached = ipv4Texts[slot] ?? '';
  if (ipv4Keys[slot] === key && cached !== '') return cached;
  const text = ipv4Text(bytes, at);
  ipv4Keys[slot] = key;
  ipv4Texts[slot] = text;
  return text;
}

function ipv6At(bytes: Uint8Array, at: number): IpAddress {
  const a = readI32(bytes, at);
  const b = readI32(bytes, at + 4);
  const c = readI32(bytes, at + 8);
  const d = readI32(bytes, at + 12);
  const mixed = Math.imul(a ^ Math.imul(b, 5) ^ Math.imul(c, 17) ^ Math.imul(d, 257), HASH_FACTOR);
  const slot = mixed >>> (32 - IPV6_SLOTS_BITS);
  const key = slot * 4;
  const cached = ipv6Texts[slot] ?? '';
  if (
    ipv6Keys[key] === a &&
    ipv6Keys[key + 1] === b &&
    ipv6Keys[key + 2] === c &&
    ipv6Keys[key + 3] === d &&
    cached !== ''
  ) {
    return cached;
  }
  const text = ipv6Text(bytes, at);
  ipv6Keys[key] = a;
  ipv6Keys[key + 1] = b;
  ipv6Keys[key + 2] = c;
  ipv6Keys[key + 3] = d;
  ipv6Texts[slot] = text;
  return text;
}

/** The hardware address in six bytes; the caller has checked that they are there. */
export function macAt(bytes: Uint8Array, at: number): Mac {
  const high = readU16(bytes, at);
  const low = readI32(bytes, at + 2);
  const slot = Math.imul(high ^ low, HASH_FACTOR) >>> (32 - MAC_SLOTS_BITS);
  const key = slot * 2;
  const cached = macTexts[slot] ?? '';
  if (macKeys[key] === high && macKeys[key + 1] === low && cached !== '') return cached;
  let text = '';
  for (let i = 0; i < 6; i++) text += (i === 0 ? '' : ':') + (bytes[at + i] ?? 0).toString(16).padStart(2, '0');
  macKeys[key] = high;
  macKeys[key + 1] = low;
  macTexts[slot] = text;
  return text;
}

/** Six bytes, shared by all callers: not to be written to. */
export function macBytes(mac: Mac): Uint8Array {
  const cached = knownMacs.get(mac);
  if (cached !== undefined) return cached;
  if (!/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/.test(mac)) throw new RangeError(`Not a hardware address: ${mac}`);
  const bytes = Uint8Array.from(mac.split(':'), (part) => Number.parseInt(part, 16));
  if (knownMacs.size >= KNOWN_MACS_MAX) knownMacs.clear();
  knownMacs.set(mac, bytes);
  return bytes;
}

export function writeMac(target: Uint8Array, at: number, mac: Mac): void {
  const bytes = macBytes(mac);
  for (let i = 0; i < 6; i++) target[at + i] = bytes[i] ?? 0;
}

/**
 * The IPv4 address that an IPv6 address carries and that a gateway, or the host's own system, might send the packet
 * to: IPv4-mapped, IPv4-compatible (both RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056) and a Teredo client (RFC 4380).
 * Null for everything else, `::` and `::1` included.
 */
export function embeddedIpv4(address: IpAddress): IpAddress | null {
  const bytes = addressBytes(address);
  if (bytes.length !== 16) return null;
  const [a, b, c, d] = [readI32(bytes, 0), readI32(bytes, 4), readI32(bytes, 8), readI32(bytes, 12)];
  const isMapped = a === 0 && b === 0 && c === 0xffff;
  const isCompatible = a === 0 && b === 0 && c === 0 && d !== 0 && d !== 1;
  const isNat64 = a === 0x0064ff9b && b === 0 && c === 0;
  if (isMapped || isCompatible || isNat64) return addressAt(bytes, 12, 4);
  if (a >>> 16 === 0x2002) return addressAt(bytes, 2, 4);
  if (a === 0x20010000) return addressAt(bytes.subarray(12).map(invert), 0, 4);
  return null;
}

function invert(octet: number): number {
  return octet ^ 0xff;
}

/** `192.0.2.0/24`, `2001:db8::/32`, or one address alone. Bits below the prefix are cleared. */
export function parseCidr(text: string): Cidr | null {
  const slash = text.indexOf('/');
  const address = parseIpAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === null) return null;
  const family = addressFamily(address);
  const widthBits = family === 4 ? 32 : 128;
  if (slash < 0) return { address, prefixLength: widthBits, family };
  const digits = text.slice(slash + 1);
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(digits)) return null;
  const prefixLength = Number(digits);
  if (prefixLength > widthBits) return null;
  const bytes = addressBytes(address).map((octet, i) => octet & octetMask(prefixLength - 8 * i));
  return { address: addressAt(bytes, 0, family === 4 ? 4 : 16), prefixLength, family };
}

/** False across families: an embedded IPv4 address is for the caller to take out first. */
export function cidrContains(cidr: Cidr, address: IpAddress): boolean {
  const wanted = addressBytes(cidr.address);
  const bytes = addressBytes(address);
  if (bytes.length !== wanted.length) return false;
  for (let i = 0; 8 * i < cidr.prefixLength; i++) {
    const mask = octetMask(cidr.prefixLength - 8 * i);
    if ((((bytes[i] ?? 0) ^ (wanted[i] ?? 0)) & mask) !== 0) return false;
  }
  return true;
}

/** The mask of one octet of which `prefixBits` (below 0: none, above 8: all) belong to the prefix. */
function octetMask(prefixBits: number): number {
  return (0xff00 >>> Math.max(0, Math.min(8, prefixBits))) & 0xff;
}

export function isMulticast(address: IpAddress): boolean {
  const bytes = addressBytes(address);
  const first = bytes[0] ?? 0;
  return bytes.length === 4 ? first >>> 4 === 0xe : first === 0xff;
}
