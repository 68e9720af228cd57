import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { PortLike } from '../src/shared/bulk/port.ts';
import { portLink } from '../src/shared/link/port-link.ts';
import { DEFAULT_NETWORK } from '../src/shared/model/network.ts';
import { RelayClient } from './control-client.ts';
import { FrameGuest, until } from './frame-guest.fixture.ts';
import type { RelayLogEntry } from './relay-log.ts';
import { relayThread } from './relay-thread.ts';

const VM = { id: 'vm-1', name: 'box' };

let folder: string;
let script: string;
let worker: Worker;
let client: RelayClient<MessagePort>;
let hasExited: boolean;
let isReady: boolean;
let ended: number[];
let log: RelayLogEntry[];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'terrarium-relay-'));
  script = path.join(folder, 'process.mjs');
  await build({
    entryPoints: [path.join(import.meta.dirname, 'process.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

beforeEach(async () => {
  hasExited = false;
  isReady = false;
  ended = [];
  log = [];
  worker = new Worker(script);
  worker.on('exit', () => {
    hasExited = true;
    client.lost();
  });
  client = new RelayClient(relayThread(worker), {
    ready: () => (isReady = true),
    log: (entry) => log.push(entry),
    linkEnded: (link) => ended.push(link),
  });
  await until(() => isReady);
});

afterEach(async () => {
  await worker.terminate();
});

function nodePort(port: MessagePort): PortLike {
  return {
    post: (message) => port.postMessage(message),
    onMessage: (listener) => port.on('message', listener),
    onClose: (listener) => port.on('close', listener),
    close: () => port.close(),
  };
}

async function plugIn(): Promise<{ guest: FrameGuest; link: number }> {
  const { port1, port2 } = new MessageChannel();
  const { link, attached } = client.attach(VM, DEFAULT_NETWORK, port1);
  expect(await attached).toMatchObject({ ok: true });
  return { guest: new FrameGuest(portLink(nodePort(port2))), link };
}

it('attaches a VM by its port, shows it, takes new settings, captures and lets it go', async () => {
  const { guest, link } = await plugIn();
  guest.askForGateway();
  await until(() => guest.arpReplies.length > 0);
  const file = path.join(folder, 'trace.pcapng');
  expect(await client.startCapture(link, file)).toMatchObject({ ok: true });
  expect(await client.configure(link, { ...DEFAULT_NETWORK, profile: 'offline' })).toMatchObject({ ok: true });
  expect(await client.view(link)).toMatchObject({
    ok: true,
    value: { capturing: true, counters: { framesFromGuest: 1 }, connections: [] },
  });
  expect(await client.stopCapture(link)).toMatchObject({ ok: true });
  expect(await client.detach(link)).toMatchObject({ ok: true });
  expect(await client.view(link)).toMatchObject({ ok: false, error: { code: 'not-found' } });
  // The relay ended the link itself, so there is no news of it.
  expect(ended).toEqual([]);
  guest.close();
});

it('says when the far side of a link is gone', async () => {
  const { guest, link } = await plugIn();
  guest.close();
  await until(() => ended.length > 0);
  expect(ended).toEqual([link]);
});

it('refuses rules that make no sense, in words', async () => {
  const { guest, link } = await plugIn();
  const rules = [{ action: 'deny', cidr: 'everything' } as const];
  const result = await client.configure(link, { ...DEFAULT_NETWORK, rules });
  expect(result).toMatchObject({ ok: false, error: { code: 'bad-input' } });
  if (!result.ok) expect(result.error.message).toContain('everything');
  guest.close();
});

it('leaves out what is no order, and says so', async () => {
  worker.postMessage('nonsense');
  worker.postMessage({ order: { t: 'attach', request: -1 } });
  await until(() => log.length === 2);
  expect(log[0]?.message).toContain('order');
  expect(hasExited).toBe(false);
});

it('ends when told to', async () => {
  expect(await client.shutdown()).toMatchObject({ ok: true });
  await until(() => hasExited);
  expect(await client.view(1)).toMatchObject({ ok: false, error: { code: 'io' } });
});

it('does not leave anyone waiting when it dies', async () => {
  const { port1 } = new MessageChannel();
  const { attached } = client.attach(VM, DEFAULT_NETWORK, port1);
  await worker.terminate();
  const result = await attached;
  if (!result.ok) expect(result.error.code).toBe('io');
  expect(await client.shutdown()).toMatchObject({ ok: false });
});
