import { DNS_TYPE_OPT, type DnsRecord } from '../wire/dns.ts';

/** What one side says of itself in its OPT record (RFC 6891). */
export interface Edns {
  /** The largest UDP message it takes. */
  readonly udpBytes: number;
  readonly version: number;
  /** It wants DNSSEC's records (RFC 3225). */
  readonly isDnssecOk: boolean;
  /** The upper eight bits of a response code. */
  readonly extendedRcode: number;
}

/** RFC 8914: why there is no answer, for those who look closely. */
export const EDE_BLOCKED = 15;

const BIT_DNSSEC_OK = 0x8000;
const OPTION_EXTENDED_ERROR = 15;

/** The first OPT record; RFC 6891 allows one. */
export function ednsOf(additionals: readonly DnsRecord[]): Edns | null {
  const record = additionals.find(({ type }) => type === DNS_TYPE_OPT);
  if (!record) return null;
  return {
    udpBytes: record.class,
    version: (record.ttlS >>> 16) & 0xff,
    isDnssecOk: (record.ttlS & BIT_DNSSEC_OK) !== 0,
    extendedRcode: record.ttlS >>> 24,
  };
}

/** @param extendedError a code of RFC 8914, or null */
export function ednsRecord(edns: Edns, extendedError: number | null = null): DnsRecord {
  const flags = ((edns.extendedRcode << 24) | (edns.version << 16) | (edns.isDnssecOk ? BIT_DNSSEC_OK : 0)) >>> 0;
  const data =
    extendedError === null
      ? new Uint8Array(0)
      : Uint8Array.of(0, OPTION_EXTENDED_ERROR, 0, 2, extendedError >>> 8, extendedError);
  return { name: '', type: DNS_TYPE_OPT, class: edns.udpBytes, ttlS: flags, data };
}
