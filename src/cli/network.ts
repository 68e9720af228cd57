import { checkRelayUrl, networkChoiceOf, profileName, type NetworkChoice } from '../headless/network-choice.ts';
import { DEFAULT_NETWORK, type NetworkSettings, type ProfileName } from '../shared/model/network.ts';
import { FailureError } from '../shared/result.ts';

/** What `--net` and `--relay` ask for. */
export type NetworkWish =
  /** Null for what holds without them. */
  | { readonly kind: 'own'; readonly profile: ProfileName | null }
  | { readonly kind: 'relay'; readonly url: string }
  | { readonly kind: 'fetch' };

/**
 * What the options ask for; null for one that was not given.
 * @throws FailureError `bad-input` for what does not exist, and for both
 */
export function networkWish({ net, relay }: { net: string | null; relay: string | null }): NetworkWish {
  if (relay !== null) {
    if (net !== null) {
      throw new FailureError(
        'bad-input',
        '--net and --relay exclude each other: what may be reached over a relay is decided there. Leave one out.',
      );
    }
    return { kind: 'relay', url: checkRelayUrl(relay) };
  }
  if (net === 'fetch') return { kind: 'fetch' };
  return { kind: 'own', profile: net === null ? null : profileName(net) };
}

/** @param kept the VM's own settings, which hold as far as nothing else was asked for; null for what is no VM */
export function networkOf(wish: NetworkWish, kept: NetworkSettings | null): NetworkChoice {
  if (wish.kind !== 'own') return wish;
  const { profile } = wish;
  if (kept === null) return networkChoiceOf(profile ?? DEFAULT_NETWORK.profile);
  return { kind: 'own', settings: { ...kept, profile: profile ?? kept.profile } };
}
