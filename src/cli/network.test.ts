import { describe, expect, it } from 'vitest';
import { networkChoice } from './network.ts';

const choose = (net: string | null, relay: string | null = null) => networkChoice({ net, relay });

describe('the network that --net and --relay ask for', () => {
  it('is a relay in this process, with the profile given or the VM’s own', () => {
    expect(choose(null)).toEqual({ kind: 'own', profile: null });
    expect(choose('offline')).toEqual({ kind: 'own', profile: 'offline' });
    expect(choose('internet+host')).toEqual({ kind: 'own', profile: 'internet+host' });
  });

  it('is the emulator’s own with fetch', () => {
    expect(choose('fetch')).toEqual({ kind: 'fetch' });
  });

  it('is a relay elsewhere by its address', () => {
    const relay = { kind: 'relay', url: 'ws://127.0.0.1:7777/?token=secret' };
    expect(choose(null, 'ws://127.0.0.1:7777/?token=secret')).toEqual(relay);
    expect(choose(null, 'ws://127.0.0.1:7777?token=secret')).toEqual(relay);
    expect(choose(null, 'wss://relay.example/secret')).toMatchObject({ url: 'wss://relay.example/secret' });
  });

  it('is refused in a sentence when there is no such thing', () => {
    expect(() => choose('everything')).toThrow('There is no network profile “everything”. Profiles: offline, internet');
    for (const wrong of ['', '127.0.0.1:7777', 'http://127.0.0.1:7777/', 'ws://', 'ws://host/?token=a#b']) {
      expect(() => choose(null, wrong)).toThrow(`“${wrong}” is not the address of a relay. It looks like ws://`);
    }
  });

  it('is one of the two', () => {
    expect(() => choose('internet', 'ws://127.0.0.1:7777/')).toThrow('--net and --relay exclude each other');
    expect(() => choose('fetch', 'ws://127.0.0.1:7777/')).toThrow('--net and --relay exclude each other');
  });
});
