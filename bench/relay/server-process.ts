/** The process with the relay, and with the server it is compared to. */
import { Relay } from '../../relay/relay.ts';
import { RelayServer } from '../../relay/server.ts';
import { DEFAULT_NETWORK } from '../../src/shared/model/network.ts';
import { unwrap } from '../../src/shared/result.ts';
import { PlainCopy } from './plain-copy.ts';
import type { ServerJobs } from './protocol.ts';
import { processUsage, serveJobs } from './serve-jobs.ts';

let server: RelayServer | null = null;
let seats = 0;

serveJobs<ServerJobs>({
  serve: async () => {
    const relay = new Relay({
      log: ({ level, message }) => {
        if (level === 'warning') process.stderr.write(`relay: ${message}\n`);
      },
    });
    server = unwrap(await RelayServer.listen({ relay, port: 0 }));
    return { plainUrl: (await PlainCopy.listen()).url };
  },
  seats: ({ count }) => {
    const open = server;
    if (!open) throw new Error('the server has not been started');
    const settings = { ...DEFAULT_NETWORK, profile: 'internet+host' as const };
    const urls = Array.from({ length: count }, () => {
      seats += 1;
      return open.addVm({ id: `vm-${seats}`, name: `vm${seats}` }, settings);
    });
    return { urls };
  },
  usage: () => processUsage(),
});
