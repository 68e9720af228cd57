/** The relay as a thread beside the machine's, on its own for its CPU time to be seen. */
import { readFileSync } from 'node:fs';
import { parentPort, type MessagePort } from 'node:worker_threads';
import { Relay, type RelayLink } from '../../relay/relay.ts';
import { nodePort } from '../../src/machine/node-endpoint.ts';
import { portLink } from '../../src/shared/link/port-link.ts';
import { DEFAULT_NETWORK } from '../../src/shared/model/network.ts';

export type RelayThreadRequest =
  { readonly t: 'attach'; readonly port: MessagePort } | { readonly t: 'address' } | { readonly t: 'usage' };

/** Linux's account of the thread that reads it: nanoseconds on a CPU come first. */
const OWN_ACCOUNT = '/proc/thread-self/schedstat';

const relay = new Relay({
  dnsServers: [],
  log: ({ level, message }) => {
    if (level === 'warning') process.stderr.write(`relay: ${message}\n`);
  },
});
let link: RelayLink | null = null;

parentPort?.on('message', (request: RelayThreadRequest) => {
  switch (request.t) {
    case 'attach':
      link = relay.attach(portLink(nodePort(request.port)), {
        vm: { id: 'vm-1', name: 'box' },
        settings: { ...DEFAULT_NETWORK, profile: 'internet+host' },
      });
      parentPort?.postMessage(null);
      return;
    case 'address':
      parentPort?.postMessage(link?.view()?.address ?? null);
      return;
    case 'usage':
      parentPort?.postMessage(ownCpuMs());
  }
});

function ownCpuMs(): number | null {
  if (process.platform !== 'linux') return null;
  return Number(readFileSync(OWN_ACCOUNT, 'utf8').split(' ')[0]) / 1e6;
}
