import { describe, expect, it } from 'vitest';
import { DEFAULT_NETWORK } from '../shared/model/network.ts';
import { networkOf, networkWish } from './network.ts';

const wish = (net: string | null, relay: string | null = null) => networkWish({ net, relay });

describe('the network that --net and --relay ask for', () => {
  it('is a relay in this process, with the profile given or the VM’s own', () => {
    expect(wish(null)).toEqual({ kind: 'own', profile: null });
    expect(wish('offline')).toEqual({ kind: 'own', profile: 'offline' });
    expect(wish('internet+host')).toEqual({ kind: 'own', profile: 'internet+host' });
  });

  it('is the emulator’s own with fetch', () => {
    expect(wish('fetch')).toEqual({ kind: 'fetch' });
  });

  it('is a relay elsewhere by its address', () => {
    const relay = { kind: 'relay', url: 'ws://127.0.0.1:7777/?token=secret' };
    expect(wish(null, 'ws://127.0.0.1:7777/?token=secret')).toEqual(relay);
    expect(wish(null, 'ws://127.0.0.1:7777?token=secret')).toEqual(relay);
    expect(wish(null, 'wss://relay.example/secret')).toMatchObject({ url: 'wss://relay.example/secret' });
  });

  it('is refused in a sentence when there is no such thing', () => {
    expect(() => wish('everything')).toThrow('There is no network profile “everything”. Profiles: offline, internet');
    for (const wrong of ['', '127.0.0.1:7777', 'http://127.0.0.1:7777/', 'ws://', 'ws://host/?token=a#b']) {
      expect(() => wish(null, wrong)).toThrow(`“${wrong}” is not the address of a relay. It looks like ws://`);
    }
  });

  it('is one of the two', () => {
    expect(() => wish('internet', 'ws://127.0.0.1:7777/')).toThrow('--net and --relay exclude each other');
    expect(() => wish('fetch', 'ws://127.0.0.1:7777/')).toThrow('--net and --relay exclude each other');
  });

  it('is what a VM keeps as far as nothing else was asked for', () => {
    const kept = { ...DEFAULT_NETWORK, profile: 'offline', lan: 'office' } as const;
    expect(networkOf(wish(null), kept)).toEqual({ kind: 'own', settings: kept });
    expect(networkOf(wish('internet'), kept)).toEqual({ kind: 'own', settings: { ...kept, profile: 'internet' } });
    expect(networkOf(wish('fetch'), kept)).toEqual({ kind: 'fetch' });
    expect(networkOf(wish(null), null)).toEqual({ kind: 'own', settings: DEFAULT_NETWORK });
    expect(networkOf(wish('offline'), null)).toEqual({ kind: 'none' });
  });
});
