/**
 * Entry of the relay's own process: Electron's utility process, or a worker thread of a Node program. Whoever started it
 * gives the orders of control.ts and, with `attach`, the relay's end of a VM's link port.
 */
import { isMainThread, parentPort as threadPort, MessagePort } from 'node:worker_threads';
import type { PortLike } from '../src/shared/bulk/port.ts';
import { serveControl, type ControlChannel } from './control-server.ts';
import { Relay } from './relay.ts';

/** What this file uses of Electron's MessagePortMain; the relay itself does not import Electron. */
interface ElectronPort {
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): void;
  on(event: 'close', listener: () => void): void;
  postMessage(message: unknown): void;
  start(): void;
  close(): void;
}

/** Electron's `process.parentPort`. */
interface ElectronParentPort {
  on(
    event: 'message',
    listener: (event: { readonly data: unknown; readonly ports: readonly ElectronPort[] }) => void,
  ): void;
  postMessage(message: unknown): void;
}

/** A message to a relay in a worker thread; its port stands in the transfer list too. */
export interface ThreadMessage {
  readonly order: unknown;
  readonly port?: MessagePort;
}

function electronPort(port: ElectronPort): PortLike {
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

function electronChannel(parent: ElectronParentPort): ControlChannel {
  return {
    post: (report) => parent.postMessage(report),
    onMessage: (listener) =>
      parent.on('message', ({ data, ports }) => {
        const [port, ...others] = ports;
        for (const other of others) other.close();
        listener(data, port ? electronPort(port) : null);
      }),
  };
}

function nodePort(port: MessagePort): PortLike {
  return {
    post: (message) => port.postMessage(message),
    onMessage: (listener) => port.on('message', listener),
    onClose: (listener) => port.on('close', listener),
    close: () => port.close(),
  };
}

function threadChannel(parent: MessagePort): ControlChannel {
  return {
    post: (report) => parent.postMessage(report),
    onMessage: (listener) =>
      parent.on('message', (message: unknown) => {
        const isOrder = typeof message === 'object' && message !== null && 'order' in message;
        const port = isOrder && 'port' in message && message.port instanceof MessagePort ? message.port : null;
        listener(isOrder ? message.order : null, port ? nodePort(port) : null);
      }),
  };
}

/** Electron's own types say that it is always there; outside its utility process it is not. */
function electronParent(program: { readonly parentPort?: ElectronParentPort }): ElectronParentPort | undefined {
  return program.parentPort;
}

function parentChannel(): ControlChannel {
  const parentPort = electronParent(process);
  if (parentPort) return electronChannel(parentPort);
  if (!isMainThread && threadPort) return threadChannel(threadPort);
  throw new Error('This is the relay’s process for the app. Run “npm run relay” for a relay of its own.');
}

/** For the last answer to leave this process. */
const LAST_WORDS_MS = 50;

serveControl(parentChannel(), {
  createRelay: (log) => new Relay({ log }),
  onShutdown: () => void setTimeout(() => process.exit(0), LAST_WORDS_MS),
});
