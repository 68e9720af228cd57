import * as v from 'valibot';
import {
  DEFAULT_NETWORK,
  networkSettingsSchema,
  PROFILE_NAMES,
  type NetworkSettings,
  type ProfileName,
} from '../shared/model/network.ts';
import { FailureError } from '../shared/result.ts';

/** What a program asks for: a profile, all the settings a VM has, a relay elsewhere, or the emulator's own network. */
export type NetworkOption = ProfileName | NetworkSettings | { readonly relayUrl: string } | 'fetch';

/** What a machine is connected to. */
export type NetworkChoice =
  /** No cable. */
  | { readonly kind: 'none' }
  /** A relay in this process. */
  | { readonly kind: 'own'; readonly settings: NetworkSettings }
  /** A relay that runs elsewhere and decides by itself. */
  | { readonly kind: 'relay'; readonly url: string }
  /** v86's own network, where the guest may ask for any HTTP this computer can. */
  | { readonly kind: 'fetch' };

/** @throws FailureError `bad-input` for what does not exist */
export function networkChoiceOf(option: NetworkOption): NetworkChoice {
  if (option === 'fetch') return { kind: 'fetch' };
  // A cable that leads nowhere would only cost the time to ask for a lease.
  if (option === 'offline') return { kind: 'none' };
  if (typeof option === 'string')
    return { kind: 'own', settings: { ...DEFAULT_NETWORK, profile: profileName(option) } };
  if ('relayUrl' in option) return { kind: 'relay', url: checkRelayUrl(option.relayUrl) };
  const settings = v.safeParse(networkSettingsSchema, option);
  if (settings.success) return { kind: 'own', settings: settings.output };
  const [issue] = settings.issues;
  throw new FailureError('bad-input', `These are no network settings: ${issue.message}`);
}

export function profileName(text: string): ProfileName {
  const profile = PROFILE_NAMES.find((name) => name === text);
  if (profile !== undefined) return profile;
  throw new FailureError(
    'bad-input',
    `There is no network profile “${text}”. Profiles: ${PROFILE_NAMES.join(', ')}; or fetch, without a relay.`,
  );
}

export function checkRelayUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['ws:', 'wss:'].includes(url.protocol) || url.hash !== '') {
    throw new FailureError(
      'bad-input',
      `“${text}” is not the address of a relay. It looks like ws://HOST:PORT/?token=SECRET, or wss:// behind a proxy; ` +
        'the relay prints it when it starts.',
    );
  }
  return url.href;
}
