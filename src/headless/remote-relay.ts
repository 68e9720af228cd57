import { WebSocket } from 'ws';
import type { MachineClient } from '../machine/client.ts';
import { plugCable } from '../machine/node-endpoint.ts';
import { webSocketLink } from '../machine/websocket-link.ts';
import { SUPER_FRAME_BYTES } from '../shared/link/frame-link.ts';
import { joinLinks } from '../shared/link/join-links.ts';
import type { MachineNetwork } from './machine-network.ts';

/**
 * Joins a machine to a relay that runs elsewhere. The connection is made anew whenever it is lost.
 * @param url checked by `checkRelayUrl`
 */
export async function joinRelay(
  client: MachineClient,
  url: string,
  complain: (sentence: string) => void,
): Promise<MachineNetwork> {
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
