import { describe, expect, it } from 'vitest';
import { connectTcp, OUTSIDE, TestNetwork } from './network.fixture.ts';
import { emitArp } from './wire/arp.ts';
import { ETHERTYPE_ARP } from './wire/ethernet.ts';
import { emitIcmpv6 } from './wire/icmpv6.ts';
import { PROTOCOL_ICMPV6 } from './wire/ipv4.ts';
import { TCP_ACK, TCP_RST, TCP_SYN } from './wire/tcp.ts';

const arpRequest = (targetIp: string): Uint8Array =>
  emitArp({
    operation: 'request',
    senderMac: '02:00:00:00:00:01',
    senderIp: '10.0.2.15',
    targetMac: '00:00:00:00:00:00',
    targetIp,
  });

describe('the segment', () => {
  it('answers who has the gateway and the DNS server, and nobody else', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    for (const address of ['10.0.2.2', '10.0.2.3', '10.0.2.77']) {
      guest.sendEthernet(ETHERTYPE_ARP, arpRequest(address), 'ff:ff:ff:ff:ff:ff');
    }
    const answered = guest.heard().map((each) => (each.kind === 'arp' ? each.message.senderIp : each.kind));
    expect(answered).toEqual(['10.0.2.2', '10.0.2.3']);
  });

  it('answers echo requests to the gateway with the same payload, whatever the profile', () => {
    const net = new TestNetwork();
    const guest = net.guest({ profile: 'offline' });
    guest.ping('10.0.2.2');
    expect(guest.heard()).toMatchObject([
      {
        kind: 'icmp',
        src: '10.0.2.2',
        message: { kind: 'echo-reply', identifier: 5, sequence: 6, payload: Uint8Array.of(1, 2, 3, 4) },
      },
    ]);
  });

  it('advertises an IPv6 prefix, and a default route only where the host has IPv6', () => {
    for (const hostHasIpv6 of [false, true]) {
      const net = new TestNetwork({ hostHasIpv6 });
      const guest = net.guest();
      const solicitation = emitIcmpv6({ kind: 'router-solicitation', linkAddress: null }, 'fe80::1', 'ff02::2');
      guest.sendIp('ff02::2', PROTOCOL_ICMPV6, solicitation, 255, 'fe80::1', '33:33:00:00:00:02');
      const [advertisement] = guest.heard();
      expect(advertisement).toMatchObject({ kind: 'icmpv6', message: { kind: 'router-advertisement' } });
      if (advertisement?.kind !== 'icmpv6' || advertisement.message.kind !== 'router-advertisement') return;
      expect(advertisement.message.routerLifetimeS > 0).toBe(hostHasIpv6);
      expect(advertisement.message.prefixes.map(({ prefix }) => prefix)).toEqual(['fd54:6572:7261::']);
    }
  });

  it('says again that the router is there before a guest forgets it', () => {
    const net = new TestNetwork({ hostHasIpv6: true });
    const guest = net.guest();
    net.advance(31 * 60_000);
    expect(guest.heard().map((each) => (each.kind === 'icmpv6' ? each.message.kind : each.kind))).toEqual(
      Array<string>(3).fill('router-advertisement'),
    );
    net.network.detach(1, net.nowMs);
    net.advance(11 * 60_000);
    expect(net.network.nextTimerMs()).toBeNull();
  });

  it('tells guests when IPv6 comes and goes with the network the host is on', () => {
    const net = new TestNetwork({ hostHasIpv6: false });
    const guest = net.guest();
    const lifetimes = (): number[] =>
      guest
        .heard()
        .flatMap((each) =>
          each.kind === 'icmpv6' && each.message.kind === 'router-advertisement' ? [each.message.routerLifetimeS] : [],
        );
    net.network.hostMoved(true, net.nowMs);
    expect(lifetimes()).toEqual([1800]);
    guest.sendTcp('2606:2800:220:1::1', { dstPort: 443, flags: TCP_SYN });
    expect(net.taken('tcp-dial')).toHaveLength(1);
    net.network.hostMoved(true, net.nowMs);
    expect(lifetimes()).toEqual([]);
    net.network.hostMoved(false, net.nowMs);
    expect(lifetimes()).toEqual([0]);
  });

  it('says that the hops ran out to a traceroute', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    guest.ping(OUTSIDE, 1);
    expect(guest.heard()).toMatchObject([{ kind: 'icmp', src: '10.0.2.2', message: { kind: 'time-exceeded' } }]);
    expect(net.taken('ping')).toEqual([]);
  });

  it('takes nothing from addresses that are not the segment’s', () => {
    const net = new TestNetwork();
    const guest = net.guest({}, { address: '192.0.2.9' });
    guest.sendTcp(OUTSIDE, { dstPort: 80, flags: TCP_SYN });
    expect(net.effects).toEqual([]);
    expect(guest.heard()).toEqual([]);
  });

  it('counts malformed frames and goes on', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    guest.send(new Uint8Array(3));
    guest.sendEthernet(0x0800, new Uint8Array(40).fill(0x45));
    guest.ping('10.0.2.2');
    expect(guest.heard()).toHaveLength(1);
    expect(net.network.view(1, net.nowMs)?.counters.malformedFrames).toBe(2);
  });
});

describe('policy', () => {
  it('resets a denied connection, says so in the log and in the table', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    guest.sendTcp('192.168.1.1', { dstPort: 80, flags: TCP_SYN });
    expect(guest.heardTcp().map(({ flags }) => flags)).toEqual([TCP_RST | TCP_ACK]);
    expect(net.taken('tcp-dial')).toEqual([]);
    expect(net.one('log').message).toContain('192.168.1.1:80');
    const view = net.network.view(1, net.nowMs);
    expect(view?.counters.deniedConnections).toBe(1);
    expect(view?.connections).toMatchObject([{ verdict: 'denied', address: '192.168.1.1', port: 80 }]);
  });

  it('answers denied UDP and echo requests with “prohibited”', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    guest.sendUdp('169.254.169.254', 80, Uint8Array.of(1));
    guest.ping('10.1.2.3');
    expect(guest.heard()).toMatchObject([
      { kind: 'icmp', message: { kind: 'unreachable', code: 13 } },
      { kind: 'icmp', message: { kind: 'unreachable', code: 13 } },
    ]);
    expect(net.taken('udp-open')).toEqual([]);
    expect(net.taken('ping')).toEqual([]);
  });

  it('dials the host’s loopback for the gateway, where the profile opens it', () => {
    const net = new TestNetwork();
    const closed = net.guest();
    closed.sendTcp('10.0.2.2', { dstPort: 8080, flags: TCP_SYN });
    expect(closed.heardTcp().map(({ flags }) => flags & TCP_RST)).toEqual([TCP_RST]);
    const open = net.guest({ profile: 'internet+host', hostPorts: [8080] });
    open.sendTcp('10.0.2.2', { dstPort: 8080, flags: TCP_SYN });
    expect(net.one('tcp-dial')).toMatchObject({ address: '127.0.0.1', port: 8080 });
    open.sendTcp('10.0.2.2', { dstPort: 8081, flags: TCP_SYN });
    expect(net.taken('tcp-dial')).toEqual([]);
  });

  it('applies a change to live connections at once', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    const { socket } = connectTcp(net, guest);
    guest.sendUdp(OUTSIDE, 53, Uint8Array.of(1));
    const udp = net.one('udp-open');
    net.network.configure(
      1,
      {
        profile: 'internet',
        rules: [{ action: 'deny', cidr: `${OUTSIDE}/32` }],
        hostPorts: 'all',
        forwards: [],
        lan: null,
      },
      net.nowMs,
    );
    expect(guest.heardTcp().map(({ flags }) => flags & TCP_RST)).toEqual([TCP_RST]);
    expect(net.one('tcp-destroy').socket).toBe(socket);
    expect(net.one('udp-close').socket).toBe(udp.socket);
  });

  it('fails at once over IPv6 where the host has none', () => {
    const net = new TestNetwork({ hostHasIpv6: false });
    const guest = net.guest();
    guest.sendTcp('2606:2800:220:1::1', { dstPort: 443, flags: TCP_SYN });
    guest.sendEthernet(ETHERTYPE_ARP, arpRequest('10.0.2.2'));
    expect(net.taken('tcp-dial')).toEqual([]);
    expect(guest.heard().map(({ kind }) => kind)).toEqual(['icmpv6', 'arp']);
  });

  it('dials over IPv6 where the host has it', () => {
    const net = new TestNetwork({ hostHasIpv6: true });
    const guest = net.guest();
    guest.sendTcp('2606:2800:220:1::1', { dstPort: 443, flags: TCP_SYN });
    const dial = net.one('tcp-dial');
    expect(dial.address).toBe('2606:2800:220:1::1');
    net.host({ kind: 'tcp-connected', socket: dial.socket });
    expect(guest.heardTcp().map(({ flags }) => flags)).toEqual([TCP_SYN | TCP_ACK]);
  });
});

describe('UDP and echo', () => {
  it('sends through a socket of its own, answers from the address asked, and forgets idle flows', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    guest.sendUdp(OUTSIDE, 123, Uint8Array.of(1));
    guest.sendUdp(OUTSIDE, 123, Uint8Array.of(2));
    const { socket } = net.one('udp-open');
    expect(net.taken('udp-send').map(({ bytes }) => bytes[0])).toEqual([1, 2]);
    net.host({ kind: 'udp-message', socket, bytes: Uint8Array.of(3) });
    expect(guest.heard()).toMatchObject([
      { kind: 'udp', src: OUTSIDE, datagram: { srcPort: 123, dstPort: 40_000, payload: Uint8Array.of(3) } },
    ]);
    net.advance(119_000);
    expect(net.taken('udp-close')).toEqual([]);
    net.advance(2_000);
    expect(net.one('udp-close').socket).toBe(socket);
    expect(net.network.nextTimerMs()).toBeNull();
  });

  it('takes an outside address that ends in 255 for one host', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    guest.sendUdp('93.184.216.255', 123, Uint8Array.of(1));
    expect(net.one('udp-open').address).toBe('93.184.216.255');
    guest.sendUdp('10.0.2.255', 123, Uint8Array.of(1));
    expect(net.taken('udp-open')).toEqual([]);
  });

  it('tells a guest that nobody listens', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    guest.sendUdp(OUTSIDE, 9, Uint8Array.of(1));
    net.host({ kind: 'udp-failed', socket: net.one('udp-open').socket, reason: 'refused' });
    expect(guest.heard()).toMatchObject([{ kind: 'icmp', src: OUTSIDE, message: { kind: 'unreachable', code: 3 } }]);
  });

  it('cuts large datagrams for the guest into fragments and joins the guest’s', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    guest.sendUdp(OUTSIDE, 9, Uint8Array.of(1));
    net.host({ kind: 'udp-message', socket: net.one('udp-open').socket, bytes: new Uint8Array(20_000).fill(7) });
    expect(guest.frames.length).toBe(14);
    expect(Math.max(...guest.frames.map(({ byteLength }) => byteLength))).toBeLessThanOrEqual(1514);
  });

  it('asks the host for echoes and gives the guest its own payload back', () => {
    const net = new TestNetwork();
    const guest = net.guest();
    guest.ping(OUTSIDE);
    const { socket, address } = net.one('ping');
    expect(address).toBe(OUTSIDE);
    net.host({ kind: 'pong', socket, reply: 'echo' });
    expect(guest.heard()).toMatchObject([{ kind: 'icmp', src: OUTSIDE, message: { kind: 'echo-reply', sequence: 6 } }]);
    guest.ping(OUTSIDE);
    net.host({ kind: 'pong', socket: net.one('ping').socket, reply: 'unreachable' });
    expect(guest.heard()).toMatchObject([{ kind: 'icmp', message: { kind: 'unreachable', code: 1 } }]);
    guest.ping(OUTSIDE);
    net.host({ kind: 'pong', socket: net.one('ping').socket, reply: 'timed-out' });
    expect(guest.heard()).toEqual([]);
  });
});

describe('port forwards', () => {
  const forward = { protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 8080, guestPort: 80 } as const;

  it('listen, knock at the guest, and count what is live', () => {
    const net = new TestNetwork();
    const guest = net.guest({ forwards: [forward] });
    guest.sendEthernet(ETHERTYPE_ARP, arpRequest('10.0.2.2'));
    guest.heard();
    const { listener } = net.one('listen');
    net.host({ kind: 'listening', listener, port: 8080 });
    net.host({ kind: 'tcp-accepted', listener, socket: -1, peer: { address: '127.0.0.1', port: 5555 } });
    const [syn] = guest.heardTcp();
    expect(syn).toMatchObject({ src: '10.0.2.2', dstPort: 80, flags: TCP_SYN });
    expect(net.taken('tcp-read')).toEqual([]);
    const { srcPort, seq } = syn!;
    guest.sendTcp('10.0.2.2', { srcPort: 80, dstPort: srcPort, flags: TCP_SYN | TCP_ACK, seq: 500, ack: seq + 1 });
    expect(net.one('tcp-read')).toMatchObject({ socket: -1, isWanted: true });
    expect(net.network.view(1, net.nowMs)?.forwards).toEqual([
      { forward, failure: null, liveConnections: 1, totalConnections: 1 },
    ]);
    guest.sendTcp('10.0.2.2', { srcPort: 80, dstPort: srcPort, flags: TCP_RST, seq: 501 });
    expect(net.one('tcp-destroy').socket).toBe(-1);
    expect(net.network.view(1, net.nowMs)?.forwards).toMatchObject([{ liveConnections: 0, totalConnections: 1 }]);
  });

  it('say why they do not listen, and are added and removed while running', () => {
    const net = new TestNetwork();
    net.guest({ forwards: [forward] });
    const { listener } = net.one('listen');
    net.host({ kind: 'listen-failed', listener, message: 'Port 8080 is taken.' });
    expect(net.network.view(1, net.nowMs)?.forwards).toMatchObject([{ failure: 'Port 8080 is taken.' }]);
    const other = { ...forward, hostPort: 9090 };
    net.network.configure(
      1,
      { profile: 'internet', rules: [], hostPorts: 'all', forwards: [other], lan: null },
      net.nowMs,
    );
    expect(net.one('unlisten').listener).toBe(listener);
    expect(net.one('listen')).toMatchObject({ port: 9090 });
  });

  it('end with their own connections when they are removed, not with those of another to the same port', () => {
    const net = new TestNetwork();
    const other = { ...forward, hostPort: 9090 };
    const guest = net.guest({ forwards: [forward, other] });
    guest.sendEthernet(ETHERTYPE_ARP, arpRequest('10.0.2.2'));
    const [first, second] = net.taken('listen');
    for (const [socket, { listener }] of [
      [-1, first!],
      [-2, second!],
    ] as const) {
      net.host({ kind: 'tcp-accepted', listener, socket, peer: { address: '127.0.0.1', port: 5555 } });
    }
    const settings = { profile: 'internet', rules: [], hostPorts: 'all', forwards: [other], lan: null } as const;
    net.network.configure(1, settings, net.nowMs);
    expect(net.one('tcp-destroy').socket).toBe(-1);
    expect(net.network.view(1, net.nowMs)?.forwards).toMatchObject([{ liveConnections: 1 }]);
  });

  it('carry UDP, each peer as a flow of its own', () => {
    const net = new TestNetwork();
    const guest = net.guest({ forwards: [{ ...forward, protocol: 'udp' }] });
    guest.sendEthernet(ETHERTYPE_ARP, arpRequest('10.0.2.2'));
    guest.heard();
    const { listener } = net.one('listen');
    const peer = { address: '127.0.0.1', port: 6000 };
    net.host({ kind: 'udp-received', listener, peer, bytes: Uint8Array.of(1) });
    expect(guest.heard()).toMatchObject([{ kind: 'udp', src: '10.0.2.2', datagram: { srcPort: 6000, dstPort: 80 } }]);
    guest.sendUdp('10.0.2.2', 6000, Uint8Array.of(2), 80);
    expect(net.one('udp-reply')).toMatchObject({ listener, peer, bytes: Uint8Array.of(2) });
  });
});

describe('several VMs', () => {
  it('with equal MAC and IP addresses work at once, each by itself', () => {
    const net = new TestNetwork();
    const [one, two] = [net.guest(), net.guest()];
    const first = connectTcp(net, one);
    const second = connectTcp(net, two);
    expect(first.socket).not.toBe(second.socket);
    net.host({ kind: 'tcp-data', socket: first.socket, bytes: Uint8Array.of(1) });
    net.host({ kind: 'tcp-data', socket: second.socket, bytes: Uint8Array.of(2) });
    expect(one.heardTcp().map(({ payload }) => payload[0])).toEqual([1]);
    expect(two.heardTcp().map(({ payload }) => payload[0])).toEqual([2]);
  });

  it('do not hear each other, unless they share a LAN', () => {
    const net = new TestNetwork();
    const alone = net.guest();
    const one = net.guest({ lan: 'lab' }, { mac: '02:00:00:00:00:02' });
    const two = net.guest({ lan: 'lab' }, { mac: '02:00:00:00:00:03' });
    one.sendEthernet(ETHERTYPE_ARP, arpRequest('10.0.2.16'), 'ff:ff:ff:ff:ff:ff');
    expect(two.heard()).toHaveLength(1);
    expect(alone.heard()).toEqual([]);
    two.sendEthernet(ETHERTYPE_ARP, arpRequest('10.0.2.15'), '02:00:00:00:00:02');
    expect(one.heard()).toHaveLength(1);
  });

  it('leave nothing behind when they are unplugged', () => {
    const net = new TestNetwork();
    const guest = net.guest({ forwards: [{ protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 1, guestPort: 2 }] });
    const { socket } = connectTcp(net, guest);
    guest.sendUdp(OUTSIDE, 9, Uint8Array.of(1));
    guest.ping(OUTSIDE);
    guest.heard();
    net.network.detach(1, net.nowMs);
    expect(net.one('tcp-destroy').socket).toBe(socket);
    expect(net.taken('udp-close')).toHaveLength(1);
    expect(net.taken('unlisten')).toHaveLength(1);
    expect(guest.heard()).toEqual([]);
    expect(net.network.counts()).toEqual({ links: 0, tcp: 0 });
    expect(net.network.nextTimerMs()).toBeNull();
  });
});
