import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LeaseTable } from './lease-table.ts';

const HOUR_MS = 3_600_000;

const table = (last = '10.0.2.18'): LeaseTable => new LeaseTable('10.0.2.15', last);

function leaseNew(leases: LeaseTable, key: string, nowMs: number, forMs = HOUR_MS): string | null {
  const address = leases.offer(key, null, nowMs);
  if (address !== null) expect(leases.lease(key, address, nowMs + forMs, nowMs)).toBe(true);
  return address;
}

describe('addresses', () => {
  test('are given from the first on, one a client', () => {
    const leases = table();
    expect(['a', 'b', 'a', 'c'].map((key) => leaseNew(leases, key, 0))).toEqual([
      '10.0.2.15',
      '10.0.2.16',
      '10.0.2.15',
      '10.0.2.17',
    ]);
    expect(leases.leases(0).map(({ key }) => key)).toEqual(['a', 'b', 'c']);
  });

  test('the wanted one, if it is nobody’s', () => {
    const leases = table();
    expect(leases.offer('a', '10.0.2.17', 0)).toBe('10.0.2.17');
    expect(leases.offer('b', '10.0.2.17', 0)).toBe('10.0.2.15');
    expect(leases.offer('c', '192.168.1.1', 0)).toBe('10.0.2.16');
  });

  test('end with the pool', () => {
    const leases = table('10.0.2.16');
    expect(leaseNew(leases, 'a', 0)).toBe('10.0.2.15');
    expect(leaseNew(leases, 'b', 0)).toBe('10.0.2.16');
    expect(leaseNew(leases, 'c', 0)).toBeNull();
  });

  test('stay their client’s after the lease, until they are all that is left', () => {
    const leases = table('10.0.2.16');
    leaseNew(leases, 'a', 0);
    expect(leases.leaseOf('a', HOUR_MS - 1)).not.toBeNull();
    expect(leases.leaseOf('a', HOUR_MS)).toBeNull();
    expect(leaseNew(leases, 'b', 2 * HOUR_MS)).toBe('10.0.2.16');
    expect(leaseNew(leases, 'a', 2 * HOUR_MS, 1)).toBe('10.0.2.15');
    expect(leaseNew(leases, 'c', 2 * HOUR_MS + 1)).toBe('10.0.2.15');
    expect(leases.lease('a', '10.0.2.15', 4 * HOUR_MS, 2 * HOUR_MS + 1)).toBe(false);
  });

  test('an offer is held for a while', () => {
    const leases = table('10.0.2.15');
    expect(leases.offer('a', null, 0)).toBe('10.0.2.15');
    expect(leases.leaseOf('a', 0)).toBeNull();
    expect(leases.offer('b', null, 59_999)).toBeNull();
    expect(leases.offer('b', null, 60_000)).toBe('10.0.2.15');
  });

  test('a declined one rests, and not more than half of the pool does', () => {
    const leases = table();
    const first = leaseNew(leases, 'a', 0);
    expect(leases.decline('b', first ?? '', 0)).toBe(false);
    expect(leases.decline('a', first ?? '', 0)).toBe(true);
    expect(leaseNew(leases, 'a', 0)).toBe('10.0.2.16');
    expect(leases.decline('a', '10.0.2.16', 0)).toBe(true);
    expect(leaseNew(leases, 'a', 0)).toBe('10.0.2.17');
    expect(leases.decline('a', '10.0.2.17', 0)).toBe(true);
    expect(leaseNew(leases, 'a', 0)).toBe('10.0.2.15');
    expect(leaseNew(leases, 'b', 10 * 60_000)).toBe('10.0.2.16');
  });

  test('no range, no table', () => {
    expect(() => new LeaseTable('10.0.2.15', '10.0.2.14')).toThrow(RangeError);
    expect(() => new LeaseTable('10.0.0.0', '10.255.0.0')).toThrow(RangeError);
    expect(() => new LeaseTable('fd00::1', 'fd00::2')).toThrow(RangeError);
  });
});

test('no two live leases share an address, whatever happens', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
  const address = fc.constantFrom('10.0.2.14', '10.0.2.15', '10.0.2.16', '10.0.2.17', '10.0.2.18');
  const step = fc.record({
    what: fc.constantFrom('offer', 'lease', 'leaseOwn', 'decline', 'release', 'forget', 'withdraw'),
    key,
    address,
    waitMs: fc.constantFrom(0, 1, 30_000, 60_000, HOUR_MS),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const leases = table();
      let nowMs = 0;
      for (const { what, key: client, address: wanted, waitMs } of steps) {
        nowMs += waitMs;
        const before = new Map(leases.leases(nowMs).map((lease) => [lease.address, lease.key]));
        if (what === 'offer') leases.offer(client, wanted, nowMs);
        else if (what === 'lease') leases.lease(client, wanted, nowMs + HOUR_MS, nowMs);
        else if (what === 'leaseOwn') leaseNew(leases, client, nowMs);
        else if (what === 'decline') leases.decline(client, wanted, nowMs);
        else if (what === 'release') leases.release(client, nowMs);
        else if (what === 'forget') leases.forget(client);
        else leases.withdrawOffer(client, nowMs);
        const live = leases.leases(nowMs);
        expect(new Set(live.map((lease) => lease.address)).size).toBe(live.length);
        expect(new Set(live.map((lease) => lease.key)).size).toBe(live.length);
        // A live lease is never taken from its holder by another.
        for (const lease of live) expect([undefined, lease.key]).toContain(before.get(lease.address));
      }
    }),
    { numRuns: 500 },
  );
});
