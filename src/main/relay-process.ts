import { utilityProcess, type MessagePortMain } from 'electron';
import type { RelayChild } from './relay-supervisor.ts';

/** Starts the relay in a process of its own; the orders it takes are those of relay/control.ts. */
export function startRelayProcess(script: string): RelayChild<MessagePortMain> {
  const child = utilityProcess.fork(script, [], { serviceName: 'Terrarium relay', stdio: 'inherit' });
  return {
    post: (order, port) => child.postMessage(order, port ? [port] : []),
    onMessage: (listener) => child.on('message', listener),
    onExit: (listener) => child.once('exit', () => listener()),
    kill: () => child.kill(),
  };
}
