import { readU16, readU32, writeU16, writeU32 } from './bytes.ts';
import { copyName, DNS_NAME_MAX_BYTES, nameText, NameWriter, type DomainName } from './dns-name.ts';
import { Malformed } from './malformed.ts';

export const DNS_TYPE_A = 1;
export const DNS_TYPE_NS = 2;
export const DNS_TYPE_CNAME = 5;
export const DNS_TYPE_SOA = 6;
export const DNS_TYPE_PTR = 12;
export const DNS_TYPE_MX = 15;
export const DNS_TYPE_TXT = 16;
export const DNS_TYPE_AAAA = 28;
export const DNS_TYPE_SRV = 33;
export const DNS_TYPE_DNAME = 39;
export const DNS_TYPE_OPT = 41;
export const DNS_TYPE_HTTPS = 65;
export const DNS_TYPE_ANY = 255;
export const DNS_CLASS_IN = 1;

export const DNS_RCODE_OK = 0;
export const DNS_RCODE_FORMAT_ERROR = 1;
export const DNS_RCODE_SERVER_FAILURE = 2;
export const DNS_RCODE_NAME_ERROR = 3;
export const DNS_RCODE_NOT_IMPLEMENTED = 4;
export const DNS_RCODE_REFUSED = 5;

export const DNS_HEADER_BYTES = 12;
export const DNS_MESSAGE_MAX_BYTES = 0xffff;

export interface DnsHeader {
  readonly id: number;
  readonly isResponse: boolean;
  readonly opcode: number;
  readonly isAuthoritative: boolean;
  readonly isTruncated: boolean;
  readonly isRecursionDesired: boolean;
  readonly isRecursionAvailable: boolean;
  /** DNSSEC (RFC 4035). */
  readonly isAuthenticData: boolean;
  readonly isCheckingDisabled: boolean;
  /** The low four bits; EDNS has more in its record. */
  readonly rcode: number;
}

export interface DnsQuestion {
  readonly name: DomainName;
  readonly type: number;
  readonly class: number;
}

export interface DnsRecord {
  readonly name: DomainName;
  readonly type: number;
  readonly class: number;
  /** Of an OPT record the 32 bits of its extended code and flags; else at most 2^31 - 1 (RFC 2181, 8). */
  readonly ttlS: number;
  /** As on the wire, but names in it are whole: data stays right when copied to another message. */
  readonly data: Uint8Array;
}

export interface DnsMessage extends DnsHeader {
  readonly questions: readonly DnsQuestion[];
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
}

/** More than any honest answer; each costs memory and the decompression of its names. */
const RECORDS_MAX = 1024;
const QUESTIONS_MAX = 16;

const BIT_RESPONSE = 0x8000;
const BIT_AUTHORITATIVE = 0x0400;
const BIT_TRUNCATED = 0x0200;
const BIT_RECURSION_DESIRED = 0x0100;
const BIT_RECURSION_AVAILABLE = 0x0080;
const BIT_AUTHENTIC_DATA = 0x0020;
const BIT_CHECKING_DISABLED = 0x0010;

const TOO_SHORT = new Malformed('DNS: shorter than its header');
const CUT_SHORT = new Malformed('DNS: fewer records than the header says');
const TOO_MANY = new Malformed('DNS: too many records');
const BAD_DATA = new Malformed('DNS: a record’s names and its length contradict each other');

/** Where names stand in the data of types that may be compressed: octets before, how many names; the rest is plain. */
const NAMES_IN_DATA: ReadonlyMap<number, { readonly before: number; readonly count: number }> = new Map([
  [DNS_TYPE_NS, { before: 0, count: 1 }],
  [DNS_TYPE_CNAME, { before: 0, count: 1 }],
  [DNS_TYPE_SOA, { before: 0, count: 2 }],
  [DNS_TYPE_PTR, { before: 0, count: 1 }],
  [DNS_TYPE_MX, { before: 2, count: 1 }],
  [DNS_TYPE_SRV, { before: 6, count: 1 }],
  [DNS_TYPE_DNAME, { before: 0, count: 1 }],
]);

const scratchName = new Uint8Array(DNS_NAME_MAX_BYTES);
/** The most that the data above comes to: two whole names of an SOA and its five numbers, and some more. */
const scratchData = new Uint8Array(4 * DNS_NAME_MAX_BYTES);

interface Cursor {
  at: number;
}

export function parseDns(bytes: Uint8Array): DnsMessage | Malformed {
  if (bytes.length < DNS_HEADER_BYTES) return TOO_SHORT;
  const [questionCount, answerCount] = [readU16(bytes, 4), readU16(bytes, 6)];
  const [authorityCount, additionalCount] = [readU16(bytes, 8), readU16(bytes, 10)];
  if (questionCount > QUESTIONS_MAX || answerCount + authorityCount + additionalCount > RECORDS_MAX) return TOO_MANY;
  const cursor = { at: DNS_HEADER_BYTES };
  const questions = readMany(questionCount, () => readQuestion(bytes, cursor));
  if (questions instanceof Malformed) return questions;
  const answers = readMany(answerCount, () => readRecord(bytes, cursor));
  if (answers instanceof Malformed) return answers;
  const authorities = readMany(authorityCount, () => readRecord(bytes, cursor));
  if (authorities instanceof Malformed) return authorities;
  const additionals = readMany(additionalCount, () => readRecord(bytes, cursor));
  if (additionals instanceof Malformed) return additionals;
  return { ...readHeader(bytes), questions, answers, authorities, additionals };
}

function readHeader(bytes: Uint8Array): DnsHeader {
  const bits = readU16(bytes, 2);
  return {
    id: readU16(bytes, 0),
    isResponse: (bits & BIT_RESPONSE) !== 0,
    opcode: (bits >>> 11) & 0xf,
    isAuthoritative: (bits & BIT_AUTHORITATIVE) !== 0,
    isTruncated: (bits & BIT_TRUNCATED) !== 0,
    isRecursionDesired: (bits & BIT_RECURSION_DESIRED) !== 0,
    isRecursionAvailable: (bits & BIT_RECURSION_AVAILABLE) !== 0,
    isAuthenticData: (bits & BIT_AUTHENTIC_DATA) !== 0,
    isCheckingDisabled: (bits & BIT_CHECKING_DISABLED) !== 0,
    rcode: bits & 0xf,
  };
}

function readMany<T>(count: number, read: () => T | Malformed): T[] | Malformed {
  const items: T[] = [];
  for (let i = 0; i < count; i++) {
    const item = read();
    if (item instanceof Malformed) return item;
    items.push(item);
  }
  return items;
}

function readName(bytes: Uint8Array, cursor: Cursor): DomainName | Malformed {
  const copied = copyName(bytes, cursor.at, scratchName);
  if (copied instanceof Malformed) return copied;
  cursor.at = Math.floor(copied / 256);
  return nameText(scratchName);
}

function readQuestion(bytes: Uint8Array, cursor: Cursor): DnsQuestion | Malformed {
  const name = readName(bytes, cursor);
  if (name instanceof Malformed) return name;
  const { at } = cursor;
  if (at + 4 > bytes.length) return CUT_SHORT;
  cursor.at = at + 4;
  return { name, type: readU16(bytes, at), class: readU16(bytes, at + 2) };
}

function readRecord(bytes: Uint8Array, cursor: Cursor): DnsRecord | Malformed {
  const name = readName(bytes, cursor);
  if (name instanceof Malformed) return name;
  const { at } = cursor;
  if (at + 10 > bytes.length) return CUT_SHORT;
  const type = readU16(bytes, at);
  const ttl = readU32(bytes, at + 4);
  const dataAt = at + 10;
  const end = dataAt + readU16(bytes, at + 8);
  if (end > bytes.length) return CUT_SHORT;
  const data = readData(bytes, dataAt, end, type);
  if (data instanceof Malformed) return data;
  cursor.at = end;
  const isTime = type !== DNS_TYPE_OPT;
  return { name, type, class: readU16(bytes, at + 2), ttlS: isTime && ttl > 0x7fffffff ? 0 : ttl, data };
}

/** A view, but for data with names in it. */
function readData(bytes: Uint8Array, at: number, end: number, type: number): Uint8Array | Malformed {
  const names = NAMES_IN_DATA.get(type);
  // Dynamic updates (RFC 2136) delete with empty data.
  if (names === undefined || at === end) return bytes.subarray(at, end);
  let next = at + names.before;
  if (next > end) return BAD_DATA;
  scratchData.set(bytes.subarray(at, next));
  let length = names.before;
  for (let i = 0; i < names.count; i++) {
    const copied = copyName(bytes, next, scratchData.subarray(length));
    if (copied instanceof Malformed) return copied;
    next = Math.floor(copied / 256);
    length += copied % 256;
  }
  if (next > end) return BAD_DATA;
  const data = new Uint8Array(length + end - next);
  data.set(scratchData.subarray(0, length));
  data.set(bytes.subarray(next, end), length);
  return data;
}

/** Owner names are compressed, names in data are written as they are. */
export function emitDns(message: DnsMessage): Uint8Array {
  const { questions, answers, authorities, additionals } = message;
  const records = [...answers, ...authorities, ...additionals];
  const target = new Uint8Array(sizeBound(questions, records));
  writeHeader(target, message);
  const names = new NameWriter();
  let at = DNS_HEADER_BYTES;
  for (const question of questions) {
    at = names.write(target, at, question.name);
    writeU16(target, at, question.type);
    writeU16(target, at + 2, question.class);
    at += 4;
  }
  for (const record of records) {
    at = names.write(target, at, record.name);
    writeU16(target, at, record.type);
    writeU16(target, at + 2, record.class);
    writeU32(target, at + 4, record.ttlS);
    writeU16(target, at + 8, record.data.length);
    target.set(record.data, at + 10);
    at += 10 + record.data.length;
  }
  if (at > DNS_MESSAGE_MAX_BYTES) throw new RangeError(`DNS message of ${at} bytes`);
  return target.slice(0, at);
}

/** Text is never shorter than the octets it stands for, but for a length and the root's. */
function sizeBound(questions: readonly DnsQuestion[], records: readonly DnsRecord[]): number {
  let size = DNS_HEADER_BYTES;
  for (const question of questions) size += question.name.length + 2 + 4;
  for (const record of records) size += record.name.length + 2 + 10 + record.data.length;
  return size;
}

function writeHeader(target: Uint8Array, message: DnsMessage): void {
  writeU16(target, 0, message.id);
  writeU16(
    target,
    2,
    (message.isResponse ? BIT_RESPONSE : 0) |
      (message.opcode << 11) |
      (message.isAuthoritative ? BIT_AUTHORITATIVE : 0) |
      (message.isTruncated ? BIT_TRUNCATED : 0) |
      (message.isRecursionDesired ? BIT_RECURSION_DESIRED : 0) |
      (message.isRecursionAvailable ? BIT_RECURSION_AVAILABLE : 0) |
      (message.isAuthenticData ? BIT_AUTHENTIC_DATA : 0) |
      (message.isCheckingDisabled ? BIT_CHECKING_DISABLED : 0) |
      message.rcode,
  );
  writeU16(target, 4, message.questions.length);
  writeU16(target, 6, message.answers.length);
  writeU16(target, 8, message.authorities.length);
  writeU16(target, 10, message.additionals.length);
}

/** The text of the name that a record's data is, or begins with after `at` octets; null when it is none. */
export function nameInData(data: Uint8Array, at = 0): DomainName | null {
  const copied = copyName(data, at, scratchName);
  return copied instanceof Malformed ? null : nameText(scratchName);
}
