import { describe, expect, it } from 'vitest';
import { TestNetwork, type TestGuest } from '../network.fixture.ts';
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../wire/tcp.ts';

const OUTSIDE = '93.184.216.34';

interface Open {
  readonly socket: number;
  readonly srcPort: number;
  readonly ack: number;
}

function connect(net: TestNetwork, guest: TestGuest, srcPort: number): Open {
  guest.sendTcp(OUTSIDE, { srcPort, dstPort: 80, flags: TCP_SYN, seq: 1000 });
  const { socket } = net.one('tcp-dial');
  net.host({ kind: 'tcp-connected', socket });
  const [synAck] = guest.heardTcp();
  const ack = ((synAck?.seq ?? 0) + 1) >>> 0;
  guest.sendTcp(OUTSIDE, { srcPort, dstPort: 80, flags: TCP_ACK, seq: 1001, ack });
  return { socket, srcPort, ack };
}

/** The guest sends a last text and both sides say that they are done; the host's system has taken nothing of it. */
function finishUnread(net: TestNetwork, guest: TestGuest, { socket, srcPort, ack }: Open): void {
  const payload = new Uint8Array(1000);
  guest.sendTcp(OUTSIDE, { srcPort, dstPort: 80, flags: TCP_ACK | TCP_FIN, seq: 1001, ack, payload });
  net.host({ kind: 'tcp-ended', socket });
  guest.sendTcp(OUTSIDE, { srcPort, dstPort: 80, flags: TCP_ACK, seq: 2002, ack: ack + 1 });
  guest.heard();
}

describe('a connection whose far side does not take the end', () => {
  it('is let go of when nothing moved for two minutes', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    const open = connect(net, guest, 40_000);
    finishUnread(net, guest, open);
    expect(net.taken('tcp-destroy')).toEqual([]);
    net.advance(100_000);
    net.host({ kind: 'tcp-sent', socket: open.socket, byteCount: 500 });
    net.advance(100_000);
    expect(net.taken('tcp-destroy')).toEqual([]);
    net.advance(30_000);
    expect(net.taken('tcp-destroy')).toEqual([{ kind: 'tcp-destroy', socket: open.socket }]);
    expect(net.network.counts().tcp).toBe(0);
    expect(net.network.nextTimerMs()).toBeNull();
  });

  it('leaves nothing behind once it has been taken', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    const open = connect(net, guest, 40_000);
    finishUnread(net, guest, open);
    expect(net.network.counts().tcp).toBe(1);
    net.host({ kind: 'tcp-closed', socket: open.socket, failure: null });
    expect(net.network.counts().tcp).toBe(0);
    expect(net.taken('tcp-destroy')).toEqual([]);
    expect(net.network.nextTimerMs()).toBeNull();
  });

  it('does not keep the guest from its ports', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    finishUnread(net, guest, connect(net, guest, 40_000));
    const again = connect(net, guest, 40_000);
    expect(net.network.counts().tcp).toBe(2);
    net.network.detach(1, net.nowMs);
    expect(net.taken('tcp-destroy').map(({ socket }) => socket)).toContain(again.socket);
  });

  it('ends with the VM, and with the policy that allowed it', () => {
    for (const isDetached of [true, false]) {
      const net = new TestNetwork();
      const guest = net.guest();
      const open = connect(net, guest, 40_000);
      finishUnread(net, guest, open);
      if (isDetached) net.network.detach(1, net.nowMs);
      else {
        const offline = { profile: 'offline' as const, rules: [], hostPorts: 'all' as const, forwards: [], lan: null };
        net.network.configure(1, offline, net.nowMs);
      }
      expect(net.taken('tcp-destroy')).toEqual([{ kind: 'tcp-destroy', socket: open.socket }]);
    }
  });

  it('counts against the bound of its VM, however many ports there are', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    for (let i = 0; i < 1024; i++) finishUnread(net, guest, connect(net, guest, 10_000 + i));
    guest.sendTcp(OUTSIDE, { srcPort: 20_000, dstPort: 80, flags: TCP_SYN });
    expect(net.taken('tcp-dial')).toEqual([]);
    expect(net.network.counts().tcp).toBe(1024);
  });
});

it('makes room for a new connection by forgetting one that only waits for late segments', () => {
  const net = new TestNetwork();
  const guest = net.guest();
  for (let i = 0; i < 1024; i++) {
    const { socket, srcPort, ack } = connect(net, guest, 10_000 + i);
    // The far side is done first, so it is here that the connection waits.
    net.host({ kind: 'tcp-ended', socket });
    guest.sendTcp(OUTSIDE, { srcPort, dstPort: 80, flags: TCP_ACK | TCP_FIN, seq: 1001, ack: ack + 1 });
    net.host({ kind: 'tcp-closed', socket, failure: null });
  }
  guest.heard();
  expect(connect(net, guest, 20_000).ack).not.toBe(0);
  guest.sendTcp(OUTSIDE, { srcPort: 10_000, dstPort: 80, flags: TCP_ACK, seq: 5, ack: 9 });
  expect(guest.heardTcp().map(({ flags }) => flags)).toEqual([TCP_RST]);
});

it('gives the connections of one VM less to hold the more there are', () => {
  const net = new TestNetwork();
  const guest = net.guest();
  let heldBytes = 0;
  for (let i = 0; i < 1024; i++) {
    const { socket } = connect(net, guest, 10_000 + i);
    const chunk = new Uint8Array(64 * 1024);
    for (let isReading = true; isReading; heldBytes += chunk.length) {
      net.host({ kind: 'tcp-data', socket, bytes: chunk });
      isReading = net.taken('tcp-read').length === 0;
    }
    guest.heard();
  }
  expect(heldBytes).toBeLessThan(400 * 1024 * 1024);
});

describe('what a guest may ask of the host in a second', () => {
  it('is few echo requests, for each is a program', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    let started = 0;
    for (let ms = 0; ms < 10_000; ms += 10) {
      net.advance(10);
      guest.ping(OUTSIDE);
      for (const { socket } of net.taken('ping')) {
        started += 1;
        net.host({ kind: 'pong', socket, reply: 'echo' });
      }
    }
    expect(started).toBeGreaterThan(190);
    expect(started).toBeLessThan(220);
  });

  it('is some hundred new UDP flows, for each is a socket; those there are go on', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    guest.sendUdp(OUTSIDE, 7, new Uint8Array(1), 9);
    for (let i = 0; i < 20_000; i++) guest.sendUdp(OUTSIDE, 1 + i, new Uint8Array(1), 40_000);
    expect(net.taken('udp-open').length).toBeLessThanOrEqual(512);
    net.taken('udp-send');
    net.advance(1000);
    guest.sendUdp(OUTSIDE, 30_000, new Uint8Array(1), 40_000);
    expect(net.taken('udp-send')).toHaveLength(1);
  });
});

it('sends no datagram to port 0, which no socket can be connected to', () => {
  const net = new TestNetwork();
  const guest = net.guest();
  guest.sendUdp(OUTSIDE, 0, new Uint8Array(1));
  expect(net.effects).toEqual([]);
});

it('tries anew to send a datagram where there was no socket or no way', () => {
  const net = new TestNetwork();
  const guest = net.guest();
  guest.sendUdp(OUTSIDE, 7, new Uint8Array(1));
  const { socket } = net.one('udp-open');
  net.host({ kind: 'udp-failed', socket, reason: 'unreachable' });
  expect(guest.heard()).toMatchObject([{ kind: 'icmp', message: { kind: 'unreachable', code: 1 } }]);
  guest.sendUdp(OUTSIDE, 7, new Uint8Array(1));
  expect(net.one('udp-open').socket).not.toBe(socket);
});
