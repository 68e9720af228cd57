import { Relay } from '../../relay/relay.ts';
import type { MachineClient } from '../machine/client.ts';
import { plugCable } from '../machine/node-endpoint.ts';
import { DEFAULT_NETWORK, PROFILE_NAMES, type NetworkSettings } from '../shared/model/network.ts';
import { FailureError } from '../shared/result.ts';

/**
 * What `--net` asks for, over what the VM has.
 * @throws FailureError `bad-input` for a profile that does not exist
 */
export function networkFor(profile: string | null, kept: NetworkSettings | null): NetworkSettings {
  const settings = kept ?? DEFAULT_NETWORK;
  if (profile === null) return settings;
  const known = PROFILE_NAMES.find((name) => name === profile);
  if (!known) {
    throw new FailureError(
      'bad-input',
      `There is no network profile “${profile}”. Profiles: ${PROFILE_NAMES.join(', ')}.`,
    );
  }
  return { ...settings, profile: known };
}

/** Gives a machine of this process a network, with a relay of its own. */
export async function connectNetwork(
  client: MachineClient,
  vm: { readonly id: string; readonly name: string },
  settings: NetworkSettings,
): Promise<{ close(): void }> {
  const relay = new Relay({
    // A denied connection is the guest's affair: it gets its answer, and this terminal belongs to it.
    log: ({ level, message }) => {
      if (level === 'warning') process.stderr.write(`\r\nterrarium: ${message}\r\n`);
    },
  });
  relay.attach(await plugCable(client), { vm, settings });
  return { close: () => relay.close() };
}
