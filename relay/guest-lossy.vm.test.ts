import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { lossyCable, type LossyCable } from '../scripts/lossy-cable.ts';
import type { TestTerminal } from '../scripts/test-machine.ts';
import { TestNetwork, TestVms } from '../scripts/test-network.ts';
import { sha256 } from '../scripts/test-repositories.ts';
import { TestServers } from '../scripts/test-servers.ts';
import { ETHERNET_FRAME_BYTES, SUPER_FRAME_BYTES, type FrameLink } from '../src/shared/link/frame-link.ts';
import { DEFAULT_NETWORK, type NetworkSettings } from '../src/shared/model/network.ts';

const HOST: NetworkSettings = { ...DEFAULT_NETWORK, profile: 'internet+host' };
const CONTENT_BYTES = 10 * 1024 * 1024;

/** The relay's TCP against Linux's, which nobody here wrote. */
describe.each([
  ['frames', { frameMaxBytes: ETHERNET_FRAME_BYTES, loss: 2, leastLost: 50 }],
  ['super frames', { frameMaxBytes: SUPER_FRAME_BYTES, loss: 4, leastLost: 1 }],
])('a guest behind a cable that loses, doubles and reorders %s', (_kind, { frameMaxBytes, loss, leastLost }) => {
  let vms: TestVms;
  let servers: TestServers;
  let network: TestNetwork;
  let cable: LossyCable;
  let terminal: TestTerminal;
  beforeAll(async () => {
    vms = await TestVms.in(inject('tinyHome'), inject('machineParts'));
    servers = new TestServers();
    network = new TestNetwork();
    const wrap = (inner: FrameLink): FrameLink => {
      cable = lossyCable(inner, 20_251_122, frameMaxBytes);
      return cable.link;
    };
    ({ terminal } = await network.start(await vms.create('Attic'), HOST, wrap));
    cable.setWeather({ loss, duplicates: 2, reordered: 4, heldBackMs: 15 });
  });
  afterAll(async () => {
    network.close();
    servers.close();
    await vms.remove();
  });

  it('receives 10 MiB unchanged', async () => {
    const content = randomBytes(CONTENT_BYTES);
    const port = await servers.tcp((socket) => socket.end(content));
    const before = cable.counts.lost;
    const { output } = await terminal.run(`nc 10.0.2.2 ${port} </dev/null | sha256sum`);
    expect(output).toBe(`${sha256(content)}  -`);
    expect(cable.counts.lost - before).toBeGreaterThanOrEqual(leastLost);
  });

  it('sends 10 MiB unchanged', async () => {
    const received: Buffer[] = [];
    const port = await servers.tcp((socket) => {
      socket.on('data', (chunk: Buffer) => received.push(chunk));
      socket.on('end', () => socket.end());
    });
    const made = await terminal.run(`head -c ${CONTENT_BYTES} /dev/urandom >/tmp/content; sha256sum </tmp/content`);
    const before = cable.counts.lost;
    await terminal.run(`nc 10.0.2.2 ${port} </tmp/content`);
    expect(made.output).toBe(`${sha256(Buffer.concat(received))}  -`);
    expect(cable.counts.lost - before).toBeGreaterThanOrEqual(leastLost);
  });

  it('was in such weather', () => {
    expect(Math.min(cable.counts.doubled, cable.counts.heldBack)).toBeGreaterThan(0);
  });
});
