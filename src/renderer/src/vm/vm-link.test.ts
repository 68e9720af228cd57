import { describe, expect, it } from 'vitest';
import { VmLink } from './vm-link.ts';

interface FakePort {
  readonly id: string;
  isClosed: boolean;
}

/** Ports come when the test says so. */
function bench(): {
  link: VmLink;
  arrive: (id: string) => Promise<FakePort>;
  fail: (id: string) => Promise<void>;
  machine: () => { links: string[]; connectLink: (port: unknown) => Promise<void> };
  failures: string[];
} {
  const waiting = new Map<string, { resolve: (port: MessagePort) => void; reject: (cause: Error) => void }>();
  const failures: string[] = [];
  const host = {
    port: (id: string) => new Promise<MessagePort>((resolve, reject) => waiting.set(id, { resolve, reject })),
  };
  return {
    failures,
    link: new VmLink(host, (message) => failures.push(message)),
    arrive: async (id) => {
      const port = { id, isClosed: false, close: () => (port.isClosed = true) };
      waiting.get(id)!.resolve(port as unknown as MessagePort);
      await Promise.resolve();
      await Promise.resolve();
      return port;
    },
    fail: async (id) => {
      waiting.get(id)!.reject(new Error('lost'));
      await Promise.resolve();
      await Promise.resolve();
    },
    machine: () => {
      const links: string[] = [];
      return {
        links,
        connectLink: (port) => {
          links.push((port as FakePort).id);
          return Promise.resolve();
        },
      };
    },
  };
}

describe('VmLink', () => {
  it('links a machine at its launch', async () => {
    const { link, arrive, machine } = bench();
    const client = machine();
    link.connect(client, { portId: 'm1', linkPortId: 'a' });
    await arrive('a');
    expect(client.links).toEqual(['a']);
  });

  it('links it again after each restart of the relay', async () => {
    const { link, arrive, machine } = bench();
    const client = machine();
    link.connect(client, { portId: 'm1', linkPortId: 'a' });
    await arrive('a');
    link.take({ machinePortId: 'm1', linkPortId: 'b' });
    await arrive('b');
    expect(client.links).toEqual(['a', 'b']);
  });

  it('takes an offer that comes before the machine, instead of the older one of its plan', async () => {
    const { link, arrive, machine } = bench();
    const client = machine();
    link.take({ machinePortId: 'm1', linkPortId: 'b' });
    link.connect(client, { portId: 'm1', linkPortId: 'a' });
    await arrive('b');
    expect(client.links).toEqual(['b']);
  });

  it('waits for an offer when the relay is away at the launch', async () => {
    const { link, arrive, machine } = bench();
    const client = machine();
    link.connect(client, { portId: 'm1', linkPortId: null });
    link.take({ machinePortId: 'm1', linkPortId: 'b' });
    await arrive('b');
    expect(client.links).toEqual(['b']);
  });

  it('gives no machine the link of an earlier one', async () => {
    const { link, arrive, machine } = bench();
    const earlier = machine();
    const later = machine();
    link.connect(earlier, { portId: 'm1', linkPortId: 'a' });
    link.disconnect();
    link.take({ machinePortId: 'm1', linkPortId: 'b' });
    link.connect(later, { portId: 'm2', linkPortId: 'c' });
    expect((await arrive('a')).isClosed).toBe(true);
    await arrive('c');
    expect([earlier.links, later.links]).toEqual([[], ['c']]);
  });

  it('closes a port that a newer one overtook', async () => {
    const { link, arrive, machine } = bench();
    const client = machine();
    link.connect(client, { portId: 'm1', linkPortId: 'a' });
    link.take({ machinePortId: 'm1', linkPortId: 'b' });
    await arrive('b');
    expect((await arrive('a')).isClosed).toBe(true);
    expect(client.links).toEqual(['b']);
  });

  it('says that a port did not come, unless nobody waits for it any more', async () => {
    const { link, fail, machine, failures } = bench();
    link.connect(machine(), { portId: 'm1', linkPortId: 'a' });
    await fail('a');
    expect(failures).toEqual([expect.stringContaining('lost')]);
    link.take({ machinePortId: 'm1', linkPortId: 'b' });
    link.disconnect();
    await fail('b');
    expect(failures.length).toBe(1);
  });
});
