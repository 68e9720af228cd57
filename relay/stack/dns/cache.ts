import { readU32 } from '../wire/bytes.ts';
import { DNS_RCODE_NAME_ERROR, DNS_RCODE_OK, DNS_TYPE_ANY, DNS_TYPE_SOA, type DnsRecord } from '../wire/dns.ts';
import type { DnsOutcome } from './reply.ts';

/** A day's browsing. */
const ENTRIES_MAX = 4096;
/** What they may take together; the usual answer has 100 to 300 bytes. */
const BYTES_MAX = 4 * 1024 * 1024;
const ENTRY_OVERHEAD_BYTES = 256;
/** Longer than this no answer is believed (RFC 8767, 4 recommends days; a relay lives as long as an app). */
const TTL_MAX_S = 24 * 60 * 60;
/** RFC 2308, 5 finds one to three hours sensible; a name that a person has just made should work soon. */
const NEGATIVE_TTL_MAX_S = 15 * 60;
/** That no server answered is remembered for a moment, so that a loop in a guest does not become one outside (RFC 9520). */
const FAILURE_TTL_S = 1;

interface Entry {
  readonly outcome: DnsOutcome;
  readonly sizeBytes: number;
  readonly storedMs: number;
  readonly expiresMs: number;
}

/** Answers, what does not exist included (RFC 2308), by question. The least recently used go first. */
export class DnsCache {
  private readonly entries = new Map<string, Entry>();
  private bytes = 0;

  get size(): number {
    return this.entries.size;
  }

  /** The answer with its times counted down, or null. */
  get(key: string, nowMs: number): DnsOutcome | null {
    const entry = this.entries.get(key);
    if (!entry) return null;
    this.entries.delete(key);
    if (nowMs >= entry.expiresMs) {
      this.bytes -= entry.sizeBytes;
      return null;
    }
    this.entries.set(key, entry);
    const { outcome } = entry;
    const ageS = Math.floor((nowMs - entry.storedMs) / 1000);
    return ageS === 0 ? outcome : withTimes(outcome, (ttlS) => Math.max(0, ttlS - ageS));
  }

  /**
   * @param messageBytes the size of the message that the outcome's records are views of
   * @returns The outcome with its times as they are to be passed on
   */
  put(key: string, type: number, outcome: DnsOutcome, messageBytes: number, nowMs: number): DnsOutcome {
    const limited = withTimes(outcome, (ttlS) => Math.min(ttlS, TTL_MAX_S));
    this.store(key, limited, lifetimeS(type, limited), messageBytes, nowMs);
    return limited;
  }

  putFailure(key: string, outcome: DnsOutcome, nowMs: number): void {
    this.store(key, outcome, FAILURE_TTL_S, 0, nowMs);
  }

  clear(): void {
    this.entries.clear();
    this.bytes = 0;
  }

  private store(key: string, outcome: DnsOutcome, ttlS: number, messageBytes: number, nowMs: number): void {
    this.remove(key);
    if (ttlS <= 0) return;
    const sizeBytes = messageBytes + 2 * key.length + ENTRY_OVERHEAD_BYTES;
    this.entries.set(key, { outcome, sizeBytes, storedMs: nowMs, expiresMs: nowMs + 1000 * ttlS });
    this.bytes += sizeBytes;
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= ENTRIES_MAX && this.bytes <= BYTES_MAX) return;
      this.remove(oldest);
    }
  }

  private remove(key: string): void {
    const entry = this.entries.get(key);
    if (!entry) return;
    this.entries.delete(key);
    this.bytes -= entry.sizeBytes;
  }
}

/** How long an answer holds; 0: it is not to be kept. */
function lifetimeS(type: number, { rcode, answers, authorities }: DnsOutcome): number {
  if (rcode !== DNS_RCODE_OK && rcode !== DNS_RCODE_NAME_ERROR) return 0;
  let ttlS = TTL_MAX_S;
  for (const record of answers) ttlS = Math.min(ttlS, record.ttlS);
  const isThere = rcode === DNS_RCODE_OK && answers.some((record) => record.type === type || type === DNS_TYPE_ANY);
  if (isThere) return ttlS;
  // Without the zone's SOA nobody says for how long the name does not exist (RFC 2308, 5).
  const soa = authorities.find((record) => record.type === DNS_TYPE_SOA);
  return soa ? Math.min(ttlS, soa.ttlS, soaMinimumS(soa), NEGATIVE_TTL_MAX_S) : 0;
}

/** The last of an SOA's five numbers. */
function soaMinimumS({ data }: DnsRecord): number {
  return data.length < 22 ? 0 : readU32(data, data.length - 4);
}

function withTimes(outcome: DnsOutcome, change: (ttlS: number) => number): DnsOutcome {
  const changed = (records: readonly DnsRecord[]): DnsRecord[] =>
    records.map((record) => ({ ...record, ttlS: change(record.ttlS) }));
  return {
    ...outcome,
    answers: changed(outcome.answers),
    authorities: changed(outcome.authorities),
    additionals: changed(outcome.additionals),
  };
}
