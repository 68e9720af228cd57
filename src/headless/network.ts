import type { MachineClient } from '../machine/client.ts';
import type { MachineNetwork } from './machine-network.ts';
import type { NetworkChoice } from './network-choice.ts';

export const FETCH_WARNING =
  'With the network “fetch” no rule holds: this VM can ask for any web page that this computer reaches, its own services included.';

/**
 * Gives a machine of this process its network. A machine with `fetch` has it already.
 * @param complain is told what a person should know, now and later
 */
export async function connectNetwork(
  client: MachineClient,
  vm: { readonly id: string; readonly name: string },
  choice: NetworkChoice,
  complain: (sentence: string) => void,
): Promise<MachineNetwork> {
  switch (choice.kind) {
    case 'none':
      return { close: () => undefined };
    case 'fetch':
      complain(FETCH_WARNING);
      return { close: () => undefined };
    // A command that stays offline, as most do, need not load a network.
    case 'relay':
      return (await import('./remote-relay.ts')).joinRelay(client, choice.url, complain);
    case 'own':
      return (await import('./own-relay.ts')).startOwnRelay(client, vm, choice.settings, complain);
  }
}
