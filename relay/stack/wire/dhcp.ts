import { addressAt, macAt, writeAddress, writeMac, type IpAddress, type Mac } from './address.ts';
import { readU16, readU32, readU8, writeU16, writeU32 } from './bytes.ts';
import { Malformed } from './malformed.ts';

export const DHCP_SERVER_PORT = 67;
export const DHCP_CLIENT_PORT = 68;
export const BOOT_REQUEST = 1;
export const BOOT_REPLY = 2;

/** RFC 2131: BOOTP's fields and the options of RFC 2132. `sname` and `file` are not used, but to carry options. */
export interface DhcpMessage {
  /** BOOT_REQUEST or BOOT_REPLY. */
  readonly op: number;
  readonly xid: number;
  readonly secs: number;
  /** The client cannot take unicast before it has its address. */
  readonly broadcast: boolean;
  readonly ciaddr: IpAddress;
  readonly yiaddr: IpAddress;
  readonly siaddr: IpAddress;
  readonly giaddr: IpAddress;
  readonly chaddr: Mac;
  /** By code, 1 to 254, without the codes' lengths; parts of one option are joined (RFC 3396). */
  readonly options: ReadonlyMap<number, Uint8Array>;
}

const FIXED_BYTES = 236;
const SNAME_AT = 44;
const FILE_AT = 108;
const MAGIC_COOKIE = 0x63825363;
const OPTIONS_AT = FIXED_BYTES + 4;
/** BOOTP's size, below which some clients drop a reply (RFC 1542, 2.1). */
const MESSAGE_MIN_BYTES = 300;

const FLAG_BROADCAST = 0x8000;
const HARDWARE_ETHERNET = 1;

const OPTION_PAD = 0;
const OPTION_END = 255;
const OPTION_OVERLOAD = 52;
const OVERLOAD_FILE = 1;
const OVERLOAD_SNAME = 2;
const OPTION_PART_MAX_BYTES = 255;

const TOO_SHORT = new Malformed('DHCP: shorter than a message');
const NO_COOKIE = new Malformed('DHCP: BOOTP without DHCP’s options');
const OTHER_HARDWARE = new Malformed('DHCP: not from Ethernet');
const OTHER_OPERATION = new Malformed('DHCP: neither request nor reply');
const BAD_OPTION = new Malformed('DHCP: an option longer than the message');

export function parseDhcp(bytes: Uint8Array): DhcpMessage | Malformed {
  if (bytes.length < OPTIONS_AT) return TOO_SHORT;
  if (readU32(bytes, FIXED_BYTES) !== MAGIC_COOKIE) return NO_COOKIE;
  if (readU8(bytes, 1) !== HARDWARE_ETHERNET || readU8(bytes, 2) !== 6) return OTHER_HARDWARE;
  const op = readU8(bytes, 0);
  if (op !== BOOT_REQUEST && op !== BOOT_REPLY) return OTHER_OPERATION;
  const options = readOptions(bytes);
  if (options instanceof Malformed) return options;
  return {
    op,
    xid: readU32(bytes, 4),
    secs: readU16(bytes, 8),
    broadcast: (readU16(bytes, 10) & FLAG_BROADCAST) !== 0,
    ciaddr: addressAt(bytes, 12, 4),
    yiaddr: addressAt(bytes, 16, 4),
    siaddr: addressAt(bytes, 20, 4),
    giaddr: addressAt(bytes, 24, 4),
    chaddr: macAt(bytes, 28),
    options,
  };
}

/** In the order of RFC 3396, 7: the options field, then `file`, then `sname` where they carry options. */
function readOptions(bytes: Uint8Array): Map<number, Uint8Array> | Malformed {
  const options = new Map<number, Uint8Array>();
  if (!readOptionField(bytes, OPTIONS_AT, bytes.length, options)) return BAD_OPTION;
  const overload = options.get(OPTION_OVERLOAD)?.[0] ?? 0;
  const isFileUsed = (overload & OVERLOAD_FILE) !== 0;
  const isSnameUsed = (overload & OVERLOAD_SNAME) !== 0;
  if (isFileUsed && !readOptionField(bytes, FILE_AT, FIXED_BYTES, options)) return BAD_OPTION;
  if (isSnameUsed && !readOptionField(bytes, SNAME_AT, FILE_AT, options)) return BAD_OPTION;
  return options;
}

function readOptionField(bytes: Uint8Array, at: number, end: number, options: Map<number, Uint8Array>): boolean {
  for (let next = at; next < end;) {
    const code = readU8(bytes, next);
    if (code === OPTION_END) return true;
    next += 1;
    if (code === OPTION_PAD) continue;
    if (next === end) return false;
    const length = readU8(bytes, next);
    next += 1;
    if (next + length > end) return false;
    const part = bytes.subarray(next, next + length);
    const before = options.get(code);
    options.set(code, before === undefined ? part : joined(before, part));
    next += length;
  }
  // The end option is missing; everything before was whole.
  return true;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

export function emitDhcp(message: DhcpMessage): Uint8Array {
  let optionBytes = 1;
  for (const value of message.options.values()) optionBytes += value.length + 2 * partsOf(value);
  const bytes = new Uint8Array(Math.max(MESSAGE_MIN_BYTES, OPTIONS_AT + optionBytes));
  bytes[0] = message.op;
  bytes[1] = HARDWARE_ETHERNET;
  bytes[2] = 6;
  writeU32(bytes, 4, message.xid);
  writeU16(bytes, 8, message.secs);
  writeU16(bytes, 10, message.broadcast ? FLAG_BROADCAST : 0);
  writeAddress(bytes, 12, message.ciaddr);
  writeAddress(bytes, 16, message.yiaddr);
  writeAddress(bytes, 20, message.siaddr);
  writeAddress(bytes, 24, message.giaddr);
  writeMac(bytes, 28, message.chaddr);
  writeU32(bytes, FIXED_BYTES, MAGIC_COOKIE);
  let at = OPTIONS_AT;
  for (const [code, value] of message.options) at = writeOption(bytes, at, code, value);
  bytes[at] = OPTION_END;
  return bytes;
}

/** How many options a value is spread over; an empty one is still one. */
function partsOf(value: Uint8Array): number {
  return Math.max(1, Math.ceil(value.length / OPTION_PART_MAX_BYTES));
}

function writeOption(target: Uint8Array, at: number, code: number, value: Uint8Array): number {
  let next = at;
  for (let part = 0; part < partsOf(value); part++) {
    const bytes = value.subarray(part * OPTION_PART_MAX_BYTES, (part + 1) * OPTION_PART_MAX_BYTES);
    target[next] = code;
    target[next + 1] = bytes.length;
    target.set(bytes, next + 2);
    next += 2 + bytes.length;
  }
  return next;
}
