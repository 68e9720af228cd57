import { expect, test } from 'vitest';
import { nameBytes } from '../wire/dns-name.ts';
import { DNS_CLASS_IN, DNS_TYPE_A, DNS_TYPE_SOA, type DnsRecord } from '../wire/dns.ts';
import { DnsCache } from './cache.ts';
import { emptyOutcome } from './reply.ts';

function recordOf(type: number, ttlS: number, data: Uint8Array): DnsRecord {
  return { name: 'example.org', type, class: DNS_CLASS_IN, ttlS, data };
}

const addressOf = (ttlS: number): DnsRecord => recordOf(DNS_TYPE_A, ttlS, Uint8Array.of(192, 0, 2, 1));

function soaOf(ttlS: number, minimumS: number): DnsRecord {
  const name = nameBytes('example.org') ?? Uint8Array.of(0);
  const numbers = new Uint8Array(20);
  new DataView(numbers.buffer).setUint32(16, minimumS);
  return recordOf(DNS_TYPE_SOA, ttlS, Uint8Array.of(...name, ...name, ...numbers));
}

/** For how many seconds the cache keeps it. */
function keptS(rcode: number, answers: DnsRecord[], authorities: DnsRecord[] = []): number {
  let low = 0;
  for (let high = 200_000; low < high;) {
    const middle = Math.ceil((low + high) / 2);
    const cache = new DnsCache();
    cache.put('key', DNS_TYPE_A, { ...emptyOutcome(rcode), answers, authorities }, 100, 0);
    if (cache.get('key', 1000 * middle - 1)) low = middle;
    else high = middle - 1;
  }
  return low;
}

test('an answer lives as long as its shortest record, a day at most', () => {
  expect(keptS(0, [addressOf(300), addressOf(20)])).toBe(20);
  expect(keptS(0, [addressOf(0)])).toBe(0);
  expect(keptS(0, [addressOf(0x7fffffff)])).toBe(86_400);
});

test('what is not there is kept for the SOA’s time or minimum (RFC 2308), 15 minutes at most', () => {
  expect(keptS(3, [], [soaOf(300, 60)])).toBe(60);
  expect(keptS(3, [], [soaOf(30, 60)])).toBe(30);
  expect(keptS(0, [], [soaOf(300, 60)])).toBe(60);
  expect(keptS(0, [recordOf(5, 10, nameBytes('a.example') ?? Uint8Array.of(0))], [soaOf(300, 60)])).toBe(10);
  expect(keptS(3, [], [soaOf(86_400, 86_400)])).toBe(900);
  expect(keptS(3, [])).toBe(0);
  expect(keptS(2, [], [soaOf(300, 60)])).toBe(0);
});

test('times count down', () => {
  const cache = new DnsCache();
  cache.put('key', DNS_TYPE_A, { ...emptyOutcome(0), answers: [addressOf(20)], authorities: [soaOf(5, 5)] }, 100, 0);
  const outcome = cache.get('key', 7900);
  expect(outcome?.answers[0]?.ttlS).toBe(13);
  expect(outcome?.authorities[0]?.ttlS).toBe(0);
  expect(cache.get('key', 20_000)).toBeNull();
  expect(cache.size).toBe(0);
});

test('entries and bytes are bounded, and the least recently used goes', () => {
  const cache = new DnsCache();
  const put = (key: string, sizeBytes: number): void => {
    cache.put(key, DNS_TYPE_A, { ...emptyOutcome(0), answers: [addressOf(300)] }, sizeBytes, 0);
  };
  for (let i = 0; i < 4096; i++) put(`key ${i}`, 100);
  expect(cache.get('key 0', 1)).not.toBeNull();
  put('one more', 100);
  expect(cache.size).toBe(4096);
  expect(cache.get('key 0', 1)).not.toBeNull();
  expect(cache.get('key 1', 1)).toBeNull();
  for (let i = 0; i < 100; i++) put(`large ${i}`, 65_000);
  expect(cache.size).toBeLessThan(65);
  cache.clear();
  expect(cache.size).toBe(0);
});
