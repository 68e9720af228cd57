import type { MessagePort, Worker } from 'node:worker_threads';
import type { RelayProcess } from './control-client.ts';

/** A relay in a worker thread (of the built process.ts), for a Node program: what `RelayClient` speaks with. */
export function relayThread(worker: Worker): RelayProcess<MessagePort> {
  return {
    post: (order, port) => {
      if (port) worker.postMessage({ order, port }, [port]);
      else worker.postMessage({ order });
    },
    onMessage: (listener) => worker.on('message', listener),
  };
}
