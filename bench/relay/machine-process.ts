/** The process with a real guest, and its relay in a thread beside it. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { MachineClient } from '../../src/machine/client.ts';
import { startNodeMachine } from '../../src/machine/node-endpoint.ts';
import { openImage, serveMachine } from '../our-machine.ts';
import { PROMPT } from '../output-watch.ts';
import type { MachineJobs } from './protocol.ts';
import type { RelayThreadRequest } from './relay-thread.ts';
import { processUsage, serveJobs } from './serve-jobs.ts';

const MAC = '02:00:00:00:00:01';
const LEASE_TIMEOUT_MS = 60_000;
const LOOK_MS = 50;

const relay = new Worker(new URL('relay-thread.mjs', import.meta.url));
let client: MachineClient | null = null;

async function askRelay(request: RelayThreadRequest, transfer: readonly MessagePort[] = []): Promise<unknown> {
  const answer = once(relay, 'message');
  relay.postMessage(request, transfer);
  const [value] = (await answer) as [unknown];
  return value;
}

async function lease(): Promise<string> {
  const endMs = performance.now() + LEASE_TIMEOUT_MS;
  while (performance.now() < endMs) {
    const address = await askRelay({ t: 'address' });
    if (typeof address === 'string') return address;
    await delay(LOOK_MS);
  }
  throw new Error('The guest has asked for no address.');
}

serveJobs<MachineJobs>({
  start: async ({ parts, home, imageId }) => {
    const { library, image } = await openImage(home, imageId);
    const base = await library.states.get(image.base);
    const machine = serveMachine(await startNodeMachine(parts), library, image, base);
    await machine.start({ mac: MAC });
    const { port1, port2 } = new MessageChannel();
    await askRelay({ t: 'attach', port: port1 }, [port1]);
    await machine.client.connectLink(port2);
    client = machine.client;
    const address = await lease();
    const prompt = machine.terminal.see(PROMPT);
    await machine.attach();
    machine.client.input(0, new TextEncoder().encode('\n'));
    await prompt;
    return { address };
  },
  type: ({ line }) => {
    client?.input(0, new TextEncoder().encode(`${line}\n`));
    return null;
  },
  usage: async () => {
    const relayCpuMs = (await askRelay({ t: 'usage' })) as number | null;
    return { cpuMs: processUsage().cpuMs, relayCpuMs };
  },
});
