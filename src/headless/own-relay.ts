import { Relay } from '../../relay/relay.ts';
import type { MachineClient } from '../machine/client.ts';
import { plugCable } from '../machine/node-endpoint.ts';
import type { NetworkSettings } from '../shared/model/network.ts';
import type { MachineNetwork } from './machine-network.ts';

/** A relay of this process for one machine. */
export async function startOwnRelay(
  client: MachineClient,
  vm: { readonly id: string; readonly name: string },
  settings: NetworkSettings,
  complain: (sentence: string) => void,
): Promise<MachineNetwork> {
  const relay = new Relay({
    // A denied connection is the guest's affair: it gets its answer.
    log: ({ level, message }) => {
      if (level === 'warning') complain(message);
    },
  });
  relay.attach(await plugCable(client), { vm, settings });
  return { close: () => relay.close() };
}
