import { describe, expect, it } from 'vitest';
import { DEFAULT_NETWORK } from '../shared/model/network.ts';
import { networkChoiceOf, type NetworkOption } from './network-choice.ts';

describe('the network a program asks for', () => {
  it('is none, a relay of its own, one elsewhere, or the emulator’s', () => {
    expect(networkChoiceOf('offline')).toEqual({ kind: 'none' });
    expect(networkChoiceOf('internet')).toEqual({ kind: 'own', settings: DEFAULT_NETWORK });
    expect(networkChoiceOf({ ...DEFAULT_NETWORK, lan: 'office' })).toMatchObject({ settings: { lan: 'office' } });
    expect(networkChoiceOf({ relayUrl: 'ws://h:1' })).toEqual({ kind: 'relay', url: 'ws://h:1/' });
    expect(networkChoiceOf('fetch')).toEqual({ kind: 'fetch' });
  });

  it('is refused in words when a program without types asks for something else', () => {
    const wrong = [
      ['all', 'There is no network profile “all”'],
      [{ profile: 'all' }, 'These are no network settings'],
    ];
    for (const [option, message] of wrong) {
      expect(() => networkChoiceOf(option as NetworkOption)).toThrow(message);
    }
  });
});
