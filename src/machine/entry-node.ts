/** Entry of a VM's worker thread in Node. */
import { MessagePort, parentPort } from 'node:worker_threads';
import type { PortLike } from '../shared/bulk/port.ts';
import type { ToWorker } from './protocol.ts';
import { runMachineWorker } from './worker.ts';

function adoptPort(port: unknown): PortLike {
  if (!(port instanceof MessagePort)) throw new Error('the worker was given no message port');
  return {
    post: (message) => port.postMessage(message),
    onMessage: (listener) => port.on('message', listener),
    onClose: (listener) => port.on('close', listener),
    close: () => port.close(),
  };
}

const parent = parentPort;
if (!parent) throw new Error('this file runs as a worker thread only');
runMachineWorker({
  post: (message, transfer) => parent.postMessage(message, [...transfer]),
  onMessage: (listener) => parent.on('message', (message: ToWorker) => listener(message)),
  adoptPort,
});
