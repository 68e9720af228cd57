import {
  DNS_HEADER_BYTES,
  DNS_MESSAGE_MAX_BYTES,
  DNS_RCODE_SERVER_FAILURE,
  emitDns,
  type DnsMessage,
  type DnsRecord,
} from '../wire/dns.ts';
import { ednsRecord } from './edns.ts';
import type { DnsQuery } from './query.ts';

/** What there is to say to a question, from wherever it comes. */
export interface DnsOutcome {
  /** With the extended bits of RFC 6891. */
  readonly rcode: number;
  readonly isAuthoritative: boolean;
  readonly isAuthenticData: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  /** Without an OPT record, which is between neighbours. */
  readonly additionals: readonly DnsRecord[];
  /** A code of RFC 8914. */
  readonly extendedError: number | null;
}

/** What a client without EDNS takes (RFC 1035, 4.2.1). */
const UDP_PLAIN_BYTES = 512;
/** One IPv6 packet of the guest's MTU: an answer never comes in fragments. */
const UDP_MAX_BYTES = 1500 - 40 - 8;

export function emptyOutcome(rcode: number, extendedError: number | null = null): DnsOutcome {
  return {
    rcode,
    isAuthoritative: false,
    isAuthenticData: false,
    answers: [],
    authorities: [],
    additionals: [],
    extendedError,
  };
}

/**
 * The message that answers a query. Over UDP, what the client cannot take loses its additional records, and then says
 * that it is truncated and nothing else, so that the client asks again over TCP.
 */
export function writeReply(query: DnsQuery, outcome: DnsOutcome, transport: 'udp' | 'tcp'): Uint8Array {
  const { edns } = query;
  const limitBytes =
    transport === 'tcp'
      ? DNS_MESSAGE_MAX_BYTES
      : Math.min(UDP_MAX_BYTES, Math.max(UDP_PLAIN_BYTES, edns?.udpBytes ?? UDP_PLAIN_BYTES));
  const { answers, authorities, additionals } = outcome;
  const bytes =
    written(query, { ...outcome, answers, authorities, additionals }, false, limitBytes) ??
    written(query, { ...outcome, answers, authorities, additionals: [] }, false, limitBytes) ??
    (transport === 'udp'
      ? written(query, { ...emptyOutcome(outcome.rcode), isAuthoritative: outcome.isAuthoritative }, true, limitBytes)
      : written(query, emptyOutcome(DNS_RCODE_SERVER_FAILURE), false, limitBytes));
  if (!bytes) throw new Error('a DNS reply without records is longer than any client takes');
  return bytes;
}

function written(query: DnsQuery, outcome: DnsOutcome, isTruncated: boolean, limitBytes: number): Uint8Array | null {
  const { edns } = query;
  const additionals = [...outcome.additionals];
  if (edns) {
    const own = { ...edns, udpBytes: UDP_MAX_BYTES, version: 0, extendedRcode: outcome.rcode >>> 4 };
    additionals.push(ednsRecord(own, outcome.extendedError));
  }
  const message: DnsMessage = {
    id: query.id,
    isResponse: true,
    opcode: 0,
    isAuthoritative: outcome.isAuthoritative,
    isTruncated,
    isRecursionDesired: query.isRecursionDesired,
    isRecursionAvailable: true,
    isAuthenticData: outcome.isAuthenticData && (query.isAuthenticData || edns?.isDnssecOk === true),
    isCheckingDisabled: query.isCheckingDisabled,
    rcode: outcome.rcode & 0xf,
    questions: [query.question],
    answers: outcome.answers,
    authorities: outcome.authorities,
    additionals,
  };
  if (sizeBound(message) > DNS_MESSAGE_MAX_BYTES) return null;
  const bytes = emitDns(message);
  if (bytes.length > limitBytes) return null;
  restoreSpelling(bytes, query.rawName);
  return bytes;
}

/** Not less than the message will have: names are written out here, and shortened there. */
function sizeBound({ questions, answers, authorities, additionals }: DnsMessage): number {
  let size = DNS_HEADER_BYTES;
  for (const { name } of questions) size += name.length + 2 + 4;
  for (const records of [answers, authorities, additionals]) {
    for (const { name, data } of records) size += name.length + 2 + 10 + data.length;
  }
  return size;
}

/** The question's name stands right behind the header, written out, and everything else points to it. */
function restoreSpelling(bytes: Uint8Array, rawName: Uint8Array): void {
  const own = bytes.subarray(DNS_HEADER_BYTES, DNS_HEADER_BYTES + rawName.length);
  const isSame = rawName.every((octet, i) => lowerCase(octet) === lowerCase(own[i] ?? 0));
  if (isSame) own.set(rawName);
}

function lowerCase(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet;
}
