import { startNodeMachine, type MachineParts, type NodeMachine } from '../machine/node-endpoint.ts';

/**
 * Starts a worker that loads while the library is read. Until somebody waits for it, one that cannot be started is no
 * failure that nobody handles, which would end the program.
 */
export function beginWorker(parts: MachineParts): Promise<NodeMachine> {
  const worker = startNodeMachine(parts);
  void Promise.allSettled([worker]);
  return worker;
}
