import { describe, expect, it } from 'vitest';
import { connectTcp, OUTSIDE, TestNetwork } from '../network.fixture.ts';
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../wire/tcp.ts';

describe('an outgoing TCP connection', () => {
  it('dials the host first and answers the SYN only when it is connected', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    guest.sendTcp(OUTSIDE, { dstPort: 80, flags: TCP_SYN });
    expect(guest.heard()).toEqual([]);
    // A SYN sent again while the host is dialled is the same connection.
    guest.sendTcp(OUTSIDE, { dstPort: 80, flags: TCP_SYN });
    const dial = net.one('tcp-dial');
    expect(dial).toMatchObject({ address: OUTSIDE, port: 80 });
    net.host({ kind: 'tcp-connected', socket: dial.socket });
    expect(guest.heardTcp().map(({ flags }) => flags)).toEqual([TCP_SYN | TCP_ACK]);
  });

  it.each([
    ['refused', 'tcp', TCP_RST | TCP_ACK],
    ['reset', 'tcp', TCP_RST | TCP_ACK],
    ['unreachable', 'icmp', 'unreachable'],
  ] as const)('tells a guest that the host is %s', (reason, kind, said) => {
    const net = new TestNetwork();
    const guest = net.guest();
    guest.sendTcp(OUTSIDE, { dstPort: 80, flags: TCP_SYN });
    net.host({ kind: 'tcp-failed', socket: net.one('tcp-dial').socket, reason });
    const [answer] = guest.heard();
    expect(answer?.kind).toBe(kind);
    if (answer?.kind === 'tcp') expect(answer.segment.flags).toBe(said);
    if (answer?.kind === 'icmp') expect(answer.message.kind).toBe(said);
    expect(net.network.counts().tcp).toBe(0);
  });

  it('stays silent when the host does not answer', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    guest.sendTcp(OUTSIDE, { dstPort: 80, flags: TCP_SYN });
    net.host({ kind: 'tcp-failed', socket: net.one('tcp-dial').socket, reason: 'timed-out' });
    expect(guest.heard()).toEqual([]);
    expect(net.network.view(1, net.nowMs)?.connections).toMatchObject([{ verdict: 'failed' }]);
  });

  it('passes bytes both ways and confirms the guest’s only when the host has taken them', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    const { socket, seq, ack, dstPort } = connectTcp(net, guest);
    guest.sendTcp(OUTSIDE, { dstPort, flags: TCP_ACK, seq, ack, payload: Uint8Array.of(1, 2, 3) });
    expect(net.one('tcp-send').bytes).toEqual(Uint8Array.of(1, 2, 3));
    net.host({ kind: 'tcp-data', socket, bytes: Uint8Array.of(9, 8) });
    const data = guest.heardTcp().find(({ payload }) => payload.byteLength > 0);
    expect(data?.payload).toEqual(Uint8Array.of(9, 8));
    expect(data?.ack).toBe(seq + 3);
    expect(net.network.view(1, net.nowMs)?.connections).toMatchObject([
      { protocol: 'tcp', verdict: 'open', bytesFromGuest: 3, bytesToGuest: 2, address: OUTSIDE, port: 80 },
    ]);
  });

  it('closes the guest’s window while the host takes nothing', () => {
    const net = new TestNetwork();
    const guest = net.guest({}, { maxFrameBytes: 65_549 });
    const { ack, socket, dstPort, ...opened } = connectTcp(net, guest);
    let { seq } = opened;
    let window = Infinity;
    let sentBytes = 0;
    while (window > 0) {
      const payload = new Uint8Array(Math.min(60_000, window));
      guest.sendTcp(OUTSIDE, { dstPort, flags: TCP_ACK, seq, ack, payload });
      seq += payload.byteLength;
      sentBytes += payload.byteLength;
      net.advance(100);
      window = guest.heardTcp().at(-1)?.window ?? window;
      expect(sentBytes).toBeLessThan(4 * 1024 * 1024);
    }
    const taken = net.taken('tcp-send').reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
    expect(taken).toBe(sentBytes);
    net.host({ kind: 'tcp-sent', socket, byteCount: taken });
    expect(guest.heardTcp().at(-1)?.window).toBeGreaterThan(0);
  });

  it('stops reading the host while the guest takes nothing', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    const { socket, seq, ack, dstPort } = connectTcp(net, guest);
    for (let i = 0; i < 40; i++) net.host({ kind: 'tcp-data', socket, bytes: new Uint8Array(64 * 1024) });
    expect(net.one('tcp-read')).toMatchObject({ socket, isWanted: false });
    // The guest acknowledges whatever comes until all of it has.
    let confirmed = ack;
    for (let round = 0; round < 2000 && confirmed !== (ack + 40 * 64 * 1024) >>> 0; round++) {
      const segments = guest.heardTcp();
      for (const { seq: at, payload } of segments) if (at === confirmed) confirmed = (at + payload.byteLength) >>> 0;
      guest.sendTcp(OUTSIDE, { dstPort, flags: TCP_ACK, seq, ack: confirmed, window: 65_535 });
      net.advance(1);
    }
    expect(confirmed).toBe((ack + 40 * 64 * 1024) >>> 0);
    expect(net.one('tcp-read')).toMatchObject({ socket, isWanted: true });
  });

  it('keeps half-closed connections going, and forgets them when both sides are done', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    const { socket, seq, ack, dstPort } = connectTcp(net, guest);
    guest.sendTcp(OUTSIDE, { dstPort, flags: TCP_FIN | TCP_ACK, seq, ack });
    expect(net.one('tcp-end').socket).toBe(socket);
    net.host({ kind: 'tcp-data', socket, bytes: Uint8Array.of(5) });
    expect(guest.heardTcp().some(({ payload }) => payload[0] === 5)).toBe(true);
    guest.sendTcp(OUTSIDE, { dstPort, flags: TCP_ACK, seq: seq + 1, ack: ack + 1 });
    net.host({ kind: 'tcp-ended', socket });
    net.host({ kind: 'tcp-closed', socket, failure: null });
    expect(guest.heardTcp().some(({ flags }) => (flags & TCP_FIN) !== 0)).toBe(true);
    guest.sendTcp(OUTSIDE, { dstPort, flags: TCP_ACK, seq: seq + 1, ack: ack + 2 });
    net.advance(60_000);
    expect(net.network.counts().tcp).toBe(0);
    expect(net.network.nextTimerMs()).toBeNull();
    expect(net.taken('tcp-destroy')).toEqual([]);
  });

  it('keeps what the far side left behind for a guest that reads it late', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    const { socket, seq, ack, dstPort } = connectTcp(net, guest);
    const rest = 100_000;
    net.host({ kind: 'tcp-data', socket, bytes: new Uint8Array(rest) });
    // Takes nothing, and has nothing more to say.
    guest.sendTcp(OUTSIDE, { dstPort, flags: TCP_FIN | TCP_ACK, seq, ack, window: 0 });
    net.host({ kind: 'tcp-ended', socket });
    net.host({ kind: 'tcp-closed', socket, failure: null });
    for (let minute = 0; minute < 10; minute += 1) {
      net.advance(60_000);
      expect(guest.heardTcp().every(({ flags }) => (flags & TCP_RST) === 0)).toBe(true);
      guest.sendTcp(OUTSIDE, { dstPort, flags: TCP_ACK, seq: seq + 1, ack, window: 0 });
    }
    let confirmed = ack;
    for (let round = 0; round < 500 && confirmed !== (ack + rest) >>> 0; round += 1) {
      guest.sendTcp(OUTSIDE, { dstPort, flags: TCP_ACK, seq: seq + 1, ack: confirmed });
      net.advance(250);
      for (const { seq: at, payload } of guest.heardTcp()) {
        if (at === confirmed) confirmed = (at + payload.byteLength) >>> 0;
      }
    }
    expect(confirmed).toBe((ack + rest) >>> 0);
    guest.sendTcp(OUTSIDE, { dstPort, flags: TCP_ACK, seq: seq + 1, ack: confirmed + 1 });
    net.advance(120_000);
    expect(net.network.counts().tcp).toBe(0);
  });

  it('resets the guest when the host resets, and the host when the guest does', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    const first = connectTcp(net, guest);
    net.host({ kind: 'tcp-closed', socket: first.socket, failure: 'reset' });
    expect(guest.heardTcp().map(({ flags }) => flags & TCP_RST)).toEqual([TCP_RST]);
    const second = connectTcp(net, guest);
    guest.sendTcp(OUTSIDE, { dstPort: 80, flags: TCP_RST, seq: second.seq });
    expect(net.one('tcp-destroy').socket).toBe(second.socket);
    expect(net.network.counts().tcp).toBe(0);
  });

  it('resets what it does not know, so that a restored VM does not hang on dead connections', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    guest.sendTcp(OUTSIDE, { dstPort: 22, flags: TCP_ACK, seq: 77, ack: 4242 });
    expect(guest.heardTcp()).toMatchObject([{ src: OUTSIDE, flags: TCP_RST, seq: 4242 }]);
    guest.sendTcp(OUTSIDE, { dstPort: 22, flags: TCP_RST, seq: 77 });
    expect(guest.heard()).toEqual([]);
  });

  it('says nothing to one that is sent to many (RFC 9293, 3.9.2.3)', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    for (const address of ['255.255.255.255', '10.0.2.255', '224.0.0.1', 'ff02::1']) {
      guest.sendTcp(address, { dstPort: 80, flags: TCP_SYN });
      guest.sendTcp(address, { dstPort: 80, flags: TCP_ACK, seq: 1, ack: 1 });
    }
    expect(guest.heard()).toEqual([]);
    expect(net.taken('tcp-dial')).toEqual([]);
  });

  it('bounds the hosts that are dialled at a time', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    for (let port = 1; port <= 500; port++) guest.sendTcp(OUTSIDE, { dstPort: 80, srcPort: port, flags: TCP_SYN });
    expect(net.taken('tcp-dial')).toHaveLength(128);
    expect(net.network.view(1, net.nowMs)?.counters.droppedFrames).toBe(372);
  });

  it('gives up dialling when the guest does', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    guest.sendTcp(OUTSIDE, { dstPort: 80, flags: TCP_SYN });
    const { socket } = net.one('tcp-dial');
    guest.sendTcp(OUTSIDE, { dstPort: 80, flags: TCP_RST, seq: 1001 });
    expect(net.one('tcp-destroy').socket).toBe(socket);
    net.host({ kind: 'tcp-connected', socket });
    expect(guest.heard()).toEqual([]);
  });
});
