import { describe, expect, it } from 'vitest';
import { DEFAULT_NETWORK, type Forward } from '../shared/model/network.ts';
import { checkForwards, newSharedForwards } from './forward-check.ts';

const WEB: Forward = { protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 8080, guestPort: 80 };
const check = (...forwards: Forward[]): ReturnType<typeof checkForwards> =>
  checkForwards({ ...DEFAULT_NETWORK, forwards });

describe('checkForwards', () => {
  it('takes forwards that can listen side by side', () => {
    expect(check()).toMatchObject({ ok: true });
    expect(
      check(WEB, { ...WEB, protocol: 'udp' }, { ...WEB, hostPort: 81 }, { ...WEB, hostAddress: '::1' }),
    ).toMatchObject({ ok: true });
  });

  it('refuses two that want the same port, also when one wants it on every address', () => {
    expect(check(WEB, { ...WEB, guestPort: 81 })).toMatchObject({ ok: false, error: { code: 'exists' } });
    expect(check(WEB, { ...WEB, hostAddress: '0.0.0.0' })).toMatchObject({ ok: false, error: { code: 'exists' } });
  });

  it.each(['', 'localhost', '127.1', '10.0.0.0/8'])('refuses the address %j', (hostAddress) => {
    expect(check({ ...WEB, hostAddress })).toMatchObject({ ok: false, error: { code: 'bad-input' } });
  });
});

describe('newSharedForwards', () => {
  const shared = { ...WEB, hostAddress: '0.0.0.0' };
  const settings = (...forwards: Forward[]): typeof DEFAULT_NETWORK => ({ ...DEFAULT_NETWORK, forwards });

  it('names what lets other computers in and was not there', () => {
    expect(newSharedForwards(settings(), settings(WEB, { ...WEB, hostAddress: '::1' }))).toEqual([]);
    expect(newSharedForwards(settings(WEB), settings(WEB, shared))).toEqual([shared]);
    expect(newSharedForwards(settings(shared), settings(shared))).toEqual([]);
    expect(newSharedForwards(settings(shared), settings({ ...shared, guestPort: 22 }))).toHaveLength(1);
    for (const hostAddress of ['::', '192.0.2.2', '::ffff:127.0.0.1'])
      expect(newSharedForwards(settings(), settings({ ...WEB, hostAddress }))).toHaveLength(1);
  });
});
