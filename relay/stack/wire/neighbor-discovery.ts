import { addressAt, isMulticast, macAt, writeAddress, writeMac, type IpAddress, type Mac } from './address.ts';
import { readU16, readU32, readU8, writeU16, writeU32 } from './bytes.ts';
import { Malformed } from './malformed.ts';

/** The messages of RFC 4861 that a router and its hosts exchange, inside ICMPv6. Redirects are not among them. */
export type NeighborDiscovery =
  | { readonly kind: 'router-solicitation'; readonly linkAddress: Mac | null }
  | RouterAdvertisement
  | {
      readonly kind: 'neighbor-solicitation';
      readonly target: IpAddress;
      /** The asking side's own. */
      readonly linkAddress: Mac | null;
    }
  | {
      readonly kind: 'neighbor-advertisement';
      readonly target: IpAddress;
      readonly isRouter: boolean;
      readonly isSolicited: boolean;
      readonly isOverride: boolean;
      /** The target's. */
      readonly linkAddress: Mac | null;
    };

export interface RouterAdvertisement {
  readonly kind: 'router-advertisement';
  /** 0: not said, as with both times below. */
  readonly hopLimit: number;
  /** Addresses, or other settings, are to be had by DHCPv6. */
  readonly isManaged: boolean;
  readonly hasOtherConfig: boolean;
  /** 0: not a default router. */
  readonly routerLifetimeS: number;
  readonly reachableMs: number;
  readonly retransmitMs: number;
  readonly linkAddress: Mac | null;
  readonly mtuBytes: number | null;
  readonly prefixes: readonly AdvertisedPrefix[];
  /** RFC 8106. */
  readonly dnsServers: { readonly lifetimeS: number; readonly addresses: readonly IpAddress[] } | null;
}

export interface AdvertisedPrefix {
  readonly prefix: IpAddress;
  readonly prefixLength: number;
  readonly isOnLink: boolean;
  readonly isAutonomous: boolean;
  readonly validS: number;
  readonly preferredS: number;
}

const TYPE_ROUTER_SOLICITATION = 133;
const TYPE_ROUTER_ADVERTISEMENT = 134;
const TYPE_NEIGHBOR_SOLICITATION = 135;
const TYPE_NEIGHBOR_ADVERTISEMENT = 136;

const OPTION_SOURCE_LINK = 1;
const OPTION_TARGET_LINK = 2;
const OPTION_PREFIX = 3;
const OPTION_MTU = 5;
const OPTION_DNS = 25;

const FLAG_MANAGED = 0x80;
const FLAG_OTHER = 0x40;
const FLAG_ON_LINK = 0x80;
const FLAG_AUTONOMOUS = 0x40;
const FLAG_ROUTER = 0x80;
const FLAG_SOLICITED = 0x40;
const FLAG_OVERRIDE = 0x20;

const BAD_CODE = new Malformed('ND: the code is not 0');
const TOO_SHORT = new Malformed('ND: shorter than its kind of message');
const BAD_OPTION = new Malformed('ND: an option of no length, or longer than the message');
const MULTICAST_TARGET = new Malformed('ND: the target is a multicast address');

/** Where the options of each type of message start. */
function optionsAt(type: number): number {
  if (type === TYPE_ROUTER_SOLICITATION) return 8;
  return type === TYPE_ROUTER_ADVERTISEMENT ? 16 : 24;
}

/** An ICMPv6 message whose checksum is right; null when its type is another. */
export function parseNeighborDiscovery(bytes: Uint8Array): NeighborDiscovery | Malformed | null {
  const type = readU8(bytes, 0);
  if (type < TYPE_ROUTER_SOLICITATION || type > TYPE_NEIGHBOR_ADVERTISEMENT) return null;
  if (readU8(bytes, 1) !== 0) return BAD_CODE;
  const at = optionsAt(type);
  if (bytes.length < at) return TOO_SHORT;
  for (let next = at; next < bytes.length; next += 8 * readU8(bytes, next + 1)) {
    const optionBytes = 8 * readU8(bytes, next + 1);
    if (optionBytes === 0 || next + optionBytes > bytes.length) return BAD_OPTION;
  }
  switch (type) {
    case TYPE_ROUTER_SOLICITATION:
      return { kind: 'router-solicitation', linkAddress: readLinkAddress(bytes, at, OPTION_SOURCE_LINK) };
    case TYPE_ROUTER_ADVERTISEMENT:
      return readRouterAdvertisement(bytes, at);
    default:
      return readNeighbor(bytes, type, at);
  }
}

function readNeighbor(bytes: Uint8Array, type: number, at: number): NeighborDiscovery | Malformed {
  const target = addressAt(bytes, 8, 16);
  if (isMulticast(target)) return MULTICAST_TARGET;
  if (type === TYPE_NEIGHBOR_SOLICITATION) {
    return { kind: 'neighbor-solicitation', target, linkAddress: readLinkAddress(bytes, at, OPTION_SOURCE_LINK) };
  }
  const flags = readU8(bytes, 4);
  return {
    kind: 'neighbor-advertisement',
    target,
    isRouter: (flags & FLAG_ROUTER) !== 0,
    isSolicited: (flags & FLAG_SOLICITED) !== 0,
    isOverride: (flags & FLAG_OVERRIDE) !== 0,
    linkAddress: readLinkAddress(bytes, at, OPTION_TARGET_LINK),
  };
}

/** Where the first option of this type starts, or the first after another; their lengths have been checked. */
function findOption(bytes: Uint8Array, at: number, type: number): number | null {
  for (let next = at; next < bytes.length; next += 8 * readU8(bytes, next + 1)) {
    if (readU8(bytes, next) === type) return next;
  }
  return null;
}

function readLinkAddress(bytes: Uint8Array, at: number, type: number): Mac | null {
  const option = findOption(bytes, at, type);
  return option === null ? null : macAt(bytes, option + 2);
}

function readRouterAdvertisement(bytes: Uint8Array, at: number): RouterAdvertisement {
  const flags = readU8(bytes, 5);
  const mtu = findOption(bytes, at, OPTION_MTU);
  return {
    kind: 'router-advertisement',
    hopLimit: readU8(bytes, 4),
    isManaged: (flags & FLAG_MANAGED) !== 0,
    hasOtherConfig: (flags & FLAG_OTHER) !== 0,
    routerLifetimeS: readU16(bytes, 6),
    reachableMs: readU32(bytes, 8),
    retransmitMs: readU32(bytes, 12),
    linkAddress: readLinkAddress(bytes, at, OPTION_SOURCE_LINK),
    mtuBytes: mtu === null ? null : readU32(bytes, mtu + 4),
    prefixes: readPrefixes(bytes, at),
    dnsServers: readDnsServers(bytes, at),
  };
}

function readPrefixes(bytes: Uint8Array, at: number): AdvertisedPrefix[] {
  const prefixes: AdvertisedPrefix[] = [];
  for (let next = at; next < bytes.length; next += 8 * readU8(bytes, next + 1)) {
    if (readU8(bytes, next) !== OPTION_PREFIX || readU8(bytes, next + 1) !== 4) continue;
    const flags = readU8(bytes, next + 3);
    prefixes.push({
      prefix: addressAt(bytes, next + 16, 16),
      prefixLength: readU8(bytes, next + 2),
      isOnLink: (flags & FLAG_ON_LINK) !== 0,
      isAutonomous: (flags & FLAG_AUTONOMOUS) !== 0,
      validS: readU32(bytes, next + 4),
      preferredS: readU32(bytes, next + 8),
    });
  }
  return prefixes;
}

function readDnsServers(bytes: Uint8Array, at: number): RouterAdvertisement['dnsServers'] {
  const option = findOption(bytes, at, OPTION_DNS);
  if (option === null) return null;
  const addresses: IpAddress[] = [];
  const end = option + 8 * readU8(bytes, option + 1);
  for (let next = option + 8; next + 16 <= end; next += 16) addresses.push(addressAt(bytes, next, 16));
  return { lifetimeS: readU32(bytes, option + 4), addresses };
}

/** The checksum stays 0. */
export function emitNeighborDiscovery(message: NeighborDiscovery): Uint8Array {
  switch (message.kind) {
    case 'router-solicitation': {
      const bytes = messageOf(TYPE_ROUTER_SOLICITATION, message.linkAddress === null ? 0 : 8);
      writeLinkAddress(bytes, 8, OPTION_SOURCE_LINK, message.linkAddress);
      return bytes;
    }
    case 'router-advertisement':
      return emitRouterAdvertisement(message);
    case 'neighbor-solicitation': {
      const bytes = messageOf(TYPE_NEIGHBOR_SOLICITATION, message.linkAddress === null ? 0 : 8);
      writeAddress(bytes, 8, message.target);
      writeLinkAddress(bytes, 24, OPTION_SOURCE_LINK, message.linkAddress);
      return bytes;
    }
    case 'neighbor-advertisement': {
      const bytes = messageOf(TYPE_NEIGHBOR_ADVERTISEMENT, message.linkAddress === null ? 0 : 8);
      bytes[4] =
        (message.isRouter ? FLAG_ROUTER : 0) |
        (message.isSolicited ? FLAG_SOLICITED : 0) |
        (message.isOverride ? FLAG_OVERRIDE : 0);
      writeAddress(bytes, 8, message.target);
      writeLinkAddress(bytes, 24, OPTION_TARGET_LINK, message.linkAddress);
      return bytes;
    }
  }
}

function messageOf(type: number, optionBytes: number): Uint8Array {
  const bytes = new Uint8Array(optionsAt(type) + optionBytes);
  bytes[0] = type;
  return bytes;
}

/** @returns Where the next option goes. */
function writeLinkAddress(bytes: Uint8Array, at: number, type: number, linkAddress: Mac | null): number {
  if (linkAddress === null) return at;
  bytes[at] = type;
  bytes[at + 1] = 1;
  writeMac(bytes, at + 2, linkAddress);
  return at + 8;
}

function emitRouterAdvertisement(message: RouterAdvertisement): Uint8Array {
  const { linkAddress, mtuBytes, prefixes, dnsServers } = message;
  const dnsBytes = dnsServers === null ? 0 : 8 + 16 * dnsServers.addresses.length;
  const optionBytes = (linkAddress === null ? 0 : 8) + (mtuBytes === null ? 0 : 8) + 32 * prefixes.length + dnsBytes;
  const bytes = messageOf(TYPE_ROUTER_ADVERTISEMENT, optionBytes);
  bytes[4] = message.hopLimit;
  bytes[5] = (message.isManaged ? FLAG_MANAGED : 0) | (message.hasOtherConfig ? FLAG_OTHER : 0);
  writeU16(bytes, 6, message.routerLifetimeS);
  writeU32(bytes, 8, message.reachableMs);
  writeU32(bytes, 12, message.retransmitMs);
  let at = writeLinkAddress(bytes, 16, OPTION_SOURCE_LINK, linkAddress);
  if (mtuBytes !== null) {
    bytes[at] = OPTION_MTU;
    bytes[at + 1] = 1;
    writeU32(bytes, at + 4, mtuBytes);
    at += 8;
  }
  for (const prefix of prefixes) {
    writePrefix(bytes, at, prefix);
    at += 32;
  }
  if (dnsServers !== null) {
    bytes[at] = OPTION_DNS;
    bytes[at + 1] = dnsBytes / 8;
    writeU32(bytes, at + 4, dnsServers.lifetimeS);
    dnsServers.addresses.forEach((address, i) => writeAddress(bytes, at + 8 + 16 * i, address));
  }
  return bytes;
}

function writePrefix(bytes: Uint8Array, at: number, prefix: AdvertisedPrefix): void {
  bytes[at] = OPTION_PREFIX;
  bytes[at + 1] = 4;
  bytes[at + 2] = prefix.prefixLength;
  bytes[at + 3] = (prefix.isOnLink ? FLAG_ON_LINK : 0) | (prefix.isAutonomous ? FLAG_AUTONOMOUS : 0);
  writeU32(bytes, at + 4, prefix.validS);
  writeU32(bytes, at + 8, prefix.preferredS);
  writeAddress(bytes, at + 16, prefix.prefix);
}
