import { MessageChannelMain, type MessagePortMain, type WebContents } from 'electron';
import { PORT_CHANNEL } from '../shared/ipc/channels.ts';
import type { PortLike } from '../shared/bulk/port.ts';

/** Gives the page one end of a new channel, named so that it can tell it apart, and returns the other. */
export function openPageChannel(page: WebContents, portId: string): MessagePortMain {
  const { port1, port2 } = new MessageChannelMain();
  page.postMessage(PORT_CHANNEL, { portId }, [port1]);
  return port2;
}

/** As {@link openPageChannel}, for an end that main itself speaks on. */
export function openPagePort(page: WebContents, portId: string): PortLike {
  return mainPort(openPageChannel(page, portId));
}

function mainPort(port: MessagePortMain): PortLike {
  return {
    post: (message) => port.postMessage(message),
    onMessage: (listener) => {
      port.on('message', ({ data }) => listener(data));
      port.start();
    },
    onClose: (listener) => port.on('close', listener),
    close: () => port.close(),
  };
}
