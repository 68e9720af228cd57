import { WebSocket } from 'ws';
import { Relay } from '../../relay/relay.ts';
import type { MachineClient } from '../machine/client.ts';
import { plugCable } from '../machine/node-endpoint.ts';
import { webSocketLink } from '../machine/websocket-link.ts';
import { SUPER_FRAME_BYTES } from '../shared/link/frame-link.ts';
import { joinLinks } from '../shared/link/join-links.ts';
import { DEFAULT_NETWORK, PROFILE_NAMES, type NetworkSettings, type ProfileName } from '../shared/model/network.ts';
import { FailureError } from '../shared/result.ts';

/** What a machine of the command is connected to. */
export type NetworkChoice =
  /** A relay in this process; null for the profile that the VM has. */
  | { readonly kind: 'own'; readonly profile: ProfileName | null }
  /** A relay that runs elsewhere and decides by itself. */
  | { readonly kind: 'relay'; readonly url: string }
  /** v86's own network, where the guest may ask for any HTTP this computer can. */
  | { readonly kind: 'fetch' };

export const FETCH_WARNING =
  'With --net fetch no rule holds: this VM can ask for any web page that this computer reaches, its own services included.';

/**
 * What `--net` and `--relay` ask for; null for an option that was not given.
 * @throws FailureError `bad-input` for what does not exist, and for both
 */
export function networkChoice({ net, relay }: { net: string | null; relay: string | null }): NetworkChoice {
  if (relay !== null) {
    if (net !== null) {
      throw new FailureError(
        'bad-input',
        '--net and --relay exclude each other: what may be reached over a relay is decided there. Leave one out.',
      );
    }
    return { kind: 'relay', url: relayUrl(relay) };
  }
  if (net === 'fetch') return { kind: 'fetch' };
  const profile = PROFILE_NAMES.find((name) => name === net);
  if (net !== null && profile === undefined) {
    throw new FailureError(
      'bad-input',
      `There is no network profile “${net}”. Profiles: ${PROFILE_NAMES.join(', ')}; or fetch, without a relay.`,
    );
  }
  return { kind: 'own', profile: profile ?? null };
}

function relayUrl(text: string): string {
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

export interface CommandNetwork {
  close(): void;
}

/**
 * Gives a machine of this process its network. A machine with `fetch` has it already.
 * @param kept the VM's own settings
 * @param complain shows a sentence to the person
 */
export async function connectNetwork(
  client: MachineClient,
  vm: { readonly id: string; readonly name: string },
  { choice, kept, complain }: NetworkWish,
): Promise<CommandNetwork> {
  if (choice.kind === 'fetch') {
    complain(FETCH_WARNING);
    return { close: () => undefined };
  }
  if (choice.kind === 'relay') return joinRelay(client, choice.url, complain);
  const settings = kept ?? DEFAULT_NETWORK;
  const relay = new Relay({
    // A denied connection is the guest's affair: it gets its answer, and this terminal belongs to it.
    log: ({ level, message }) => {
      if (level === 'warning') complain(message);
    },
  });
  relay.attach(await plugCable(client), { vm, settings: { ...settings, profile: choice.profile ?? settings.profile } });
  return { close: () => relay.close() };
}

export interface NetworkWish {
  readonly choice: NetworkChoice;
  readonly kept: NetworkSettings | null;
  readonly complain: (sentence: string) => void;
}

/**
 * Joins a machine to a relay that runs elsewhere. The connection is made anew whenever it is lost.
 * @param url checked by {@link networkChoice}
 */
export async function joinRelay(
  client: MachineClient,
  url: string,
  complain: (sentence: string) => void,
): Promise<CommandNetwork> {
  let isAway = false;
  let isClosed = false;
  const open = (address: string): WebSocket => {
    const socket = new WebSocket(address, { perMessageDeflate: false, maxPayload: SUPER_FRAME_BYTES });
    socket.on('open', () => {
      if (isAway) complain('The relay is back.');
      isAway = false;
    });
    socket.on('error', (cause) => {
      // Once, however often it is tried, and not when it was we who gave up.
      if (isAway || isClosed) return;
      isAway = true;
      // What `ws` makes of an HTTP status.
      const why = cause.message.endsWith(' 401') ? 'it does not know the token in the address' : cause.message;
      complain(`The relay cannot be joined: ${why}. It is tried again until it can.`);
    });
    return socket;
  };
  const link = webSocketLink({
    url,
    open,
    timer: (afterMs, run) => {
      const timer = setTimeout(run, afterMs);
      return () => clearTimeout(timer);
    },
    // What the machine's card takes, before it says so itself: a change would make the connection anew.
    takes: SUPER_FRAME_BYTES,
  });
  joinLinks(await plugCable(client), link);
  return {
    close: () => {
      isClosed = true;
      link.close();
    },
  };
}
