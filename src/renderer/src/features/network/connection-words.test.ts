import { describe, expect, it } from 'vitest';
import type { ConnectionRow } from '../../../../shared/model/network.ts';
import { endpoint, mayDeny } from './connection-words.ts';

const ROW: ConnectionRow = {
  id: 1,
  protocol: 'tcp',
  direction: 'out',
  name: null,
  address: '192.0.2.1',
  port: 443,
  guestPort: 40_000,
  bytesFromGuest: 0,
  bytesToGuest: 0,
  ageMs: 0,
  verdict: 'open',
  reason: 'the profile “internet”',
};

describe('a row of the connection table', () => {
  it('says where it leads', () => {
    expect(endpoint(ROW)).toBe('TCP 192.0.2.1:443');
    expect(endpoint({ ...ROW, address: '2001:db8::1' })).toBe('TCP [2001:db8::1]:443');
    expect(endpoint({ ...ROW, direction: 'in', guestPort: 80 })).toBe('TCP 192.0.2.1:443 → 80');
    expect(endpoint({ ...ROW, protocol: 'icmp' })).toBe('ICMP 192.0.2.1');
  });

  it('can be denied when it goes out and is not denied already', () => {
    expect(mayDeny(ROW)).toBe(true);
    expect(mayDeny({ ...ROW, verdict: 'denied' })).toBe(false);
    expect(mayDeny({ ...ROW, direction: 'in' })).toBe(false);
  });
});
