import {
  DNS_CLASS_IN,
  DNS_HEADER_BYTES,
  DNS_RCODE_FORMAT_ERROR,
  DNS_RCODE_NOT_IMPLEMENTED,
  DNS_RCODE_REFUSED,
  DNS_TYPE_OPT,
  emitDns,
  parseDns,
  type DnsQuestion,
} from '../wire/dns.ts';
import { Malformed } from '../wire/malformed.ts';
import { ednsOf, type Edns } from './edns.ts';
import { QUERY_MAX_BYTES } from './tcp-framer.ts';

/** One question of a guest. */
export interface DnsQuery {
  readonly id: number;
  readonly question: DnsQuestion;
  readonly isRecursionDesired: boolean;
  readonly isCheckingDisabled: boolean;
  /** It wants to know whether the answer was validated (RFC 6840, 5.7). */
  readonly isAuthenticData: boolean;
  readonly edns: Edns | null;
  /** The question's name as it came, lengths and upper case included: some clients look for their own spelling. */
  readonly rawName: Uint8Array;
}

const BIT_RESPONSE = 0x80;
const BIT_RECURSION_DESIRED = 0x01;
const TYPE_IXFR = 251;
const TYPE_AXFR = 252;

/** @returns The question, the answer to something that is none, or null where no answer is owed. */
export function readQuery(bytes: Uint8Array): DnsQuery | Uint8Array | null {
  const flags = bytes[2] ?? 0;
  // Answering a response is how two servers begin to talk for ever.
  if (bytes.length < DNS_HEADER_BYTES || (flags & BIT_RESPONSE) !== 0) return null;
  if (((flags >>> 3) & 0xf) !== 0) return refusal(bytes, DNS_RCODE_NOT_IMPLEMENTED);
  if (bytes.length > QUERY_MAX_BYTES) return refusal(bytes, DNS_RCODE_FORMAT_ERROR);
  const message = parseDns(bytes);
  if (message instanceof Malformed) return refusal(bytes, DNS_RCODE_FORMAT_ERROR);
  const { id, isRecursionDesired, isCheckingDisabled, isAuthenticData, additionals } = message;
  const [question, ...others] = message.questions;
  const edns = additionals.filter(({ type }) => type === DNS_TYPE_OPT);
  const isSound = question && others.length === 0 && question.type !== DNS_TYPE_OPT && edns.length <= 1;
  if (!isSound) return refusal(bytes, DNS_RCODE_FORMAT_ERROR);
  // Zones are not transferred through a stub, and other classes ask a server about itself.
  const isTransfer = question.type === TYPE_AXFR || question.type === TYPE_IXFR;
  if (isTransfer || question.class !== DNS_CLASS_IN) return refusal(bytes, DNS_RCODE_REFUSED, question);
  return {
    id,
    question,
    isRecursionDesired,
    isCheckingDisabled,
    isAuthenticData,
    edns: ednsOf(edns),
    rawName: rawNameOf(bytes),
  };
}

/** Empty where the name is not written out. */
function rawNameOf(bytes: Uint8Array): Uint8Array {
  let at = DNS_HEADER_BYTES;
  for (;;) {
    const length = bytes[at] ?? 0;
    if (length === 0) return bytes.slice(DNS_HEADER_BYTES, at + 1);
    if (length > 63) return new Uint8Array(0);
    at += 1 + length;
  }
}

function refusal(bytes: Uint8Array, rcode: number, question?: DnsQuestion): Uint8Array {
  return emitDns({
    id: ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0),
    isResponse: true,
    opcode: ((bytes[2] ?? 0) >>> 3) & 0xf,
    isAuthoritative: false,
    isTruncated: false,
    isRecursionDesired: ((bytes[2] ?? 0) & BIT_RECURSION_DESIRED) !== 0,
    isRecursionAvailable: true,
    isAuthenticData: false,
    isCheckingDisabled: false,
    rcode,
    questions: question ? [question] : [],
    answers: [],
    authorities: [],
    additionals: [],
  });
}
