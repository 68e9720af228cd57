import type { ConnectionRow } from '../../../src/shared/model/network.ts';
import { isForMany } from '../addresses.ts';
import { flowKeyText, type Core, type FlowKey, type IpPacket } from '../core.ts';
import type { HostEvent, ListenerId, SocketId, UdpPeer } from '../effects.ts';
import { routerAddressFor } from '../ip-output.ts';
import { refusalRow, type GuestLink } from '../link.ts';
import type { Timed } from '../timer-queue.ts';
import { addressFamily, type IpAddress } from '../wire/address.ts';
import type { UdpDatagram } from '../wire/udp.ts';
import { RateLimit } from './rate-limit.ts';

/** RFC 4787, REQ-5: at least two minutes without traffic. */
const IDLE_MS = 120_000;
/** Flows of one VM; beyond it the longest idle one makes room. */
const FLOWS_PER_LINK_MAX = 512;
/**
 * Each costs the host a socket, and a table that is full makes room at once. A file-sharing program that looks for peers
 * opens some hundred in a burst.
 */
const NEW_FLOWS_PER_SECOND_MAX = 256;
/** What of the last packet is kept to be quoted in an ICMP error. */
const QUOTE_BYTES = 128;

/** The same ends talking: a socket of the host towards the world, or a peer of a forwarded port. */
interface UdpFlow extends Timed {
  readonly id: number;
  readonly key: FlowKey;
  readonly keyText: string;
  readonly via: { readonly socket: SocketId } | { readonly listener: ListenerId; readonly peer: UdpPeer };
  readonly reason: string;
  readonly startedMs: number;
  lastUsedMs: number;
  bytesFromGuest: number;
  bytesToGuest: number;
  quote: Uint8Array;
}

/** All UDP between the guests and the world. */
export class UdpFlows {
  private readonly tables = new Map<GuestLink, Map<string, UdpFlow>>();
  private readonly bySocket = new Map<SocketId, UdpFlow>();
  private readonly rate = new RateLimit(NEW_FLOWS_PER_SECOND_MAX, FLOWS_PER_LINK_MAX);
  private readonly core: Core;

  constructor(core: Core) {
    this.core = core;
  }

  /** A datagram for somewhere else than the relay itself. */
  receive(link: GuestLink, packet: IpPacket, datagram: UdpDatagram): void {
    if (isForMany(packet.dst)) return;
    const { srcPort, dstPort, payload } = datagram;
    // Nobody can listen at port 0, and no system connects to it.
    if (dstPort === 0) return;
    const keyText = flowKeyText(packet.src, srcPort, packet.dst, dstPort);
    const table = this.tableOf(link);
    const flow = table.get(keyText) ?? this.open(link, table, packet, datagram, keyText);
    if (!flow) return;
    flow.lastUsedMs = this.core.nowMs;
    flow.bytesFromGuest += payload.byteLength;
    if ('socket' in flow.via) {
      flow.quote = packet.bytes.slice(0, QUOTE_BYTES);
      this.core.effect({ kind: 'udp-send', socket: flow.via.socket, bytes: payload });
    } else {
      const { listener, peer } = flow.via;
      this.core.effect({ kind: 'udp-reply', listener, peer, bytes: payload });
    }
  }

  /** Someone sent to a forwarded port: their datagrams come to the guest from a port of the gateway. */
  forward(
    link: GuestLink,
    arrival: { listener: ListenerId; peer: UdpPeer; bytes: Uint8Array },
    to: { gateway: IpAddress; guest: IpAddress; guestPort: number },
  ): void {
    const table = this.tableOf(link);
    const { peer, listener } = arrival;
    const reason = `port forward from ${peer.address}`;
    let flow = [...table.values()].find(
      ({ via, key }) =>
        'peer' in via &&
        via.listener === listener &&
        via.peer.port === peer.port &&
        via.peer.address === peer.address &&
        key.guestAddress === to.guest,
    );
    if (!flow) {
      // The peer's own port, so that a person finds it again in the guest; another one if it is taken.
      let port = peer.port;
      while (table.has(flowKeyText(to.guest, to.guestPort, to.gateway, port))) port = port === 65_535 ? 1024 : port + 1;
      const key: FlowKey = { link, guestAddress: to.guest, guestPort: to.guestPort, address: to.gateway, port };
      flow = this.create(table, key, { listener, peer }, reason);
    }
    flow.lastUsedMs = this.core.nowMs;
    flow.bytesToGuest += arrival.bytes.byteLength;
    const { address, port } = flow.key;
    this.core.output.sendUdp(link, address, port, to.guest, to.guestPort, arrival.bytes);
  }

  hostEvent(event: Extract<HostEvent, { kind: 'udp-message' | 'udp-failed' }>): void {
    const flow = this.bySocket.get(event.socket);
    if (!flow) return;
    const { link, guestAddress, guestPort, address, port } = flow.key;
    if (event.kind === 'udp-message') {
      flow.lastUsedMs = this.core.nowMs;
      flow.bytesToGuest += event.bytes.byteLength;
      this.core.output.sendUdp(link, address, port, guestAddress, guestPort, event.bytes);
      return;
    }
    const why = event.reason === 'refused' ? 'port' : 'host';
    const from = why === 'port' ? address : routerAddressFor(guestAddress);
    this.core.output.sendUnreachable(link, from, guestAddress, why, flow.quote);
    // A refusal is the far side's and may pass. Without a socket or a way there the next datagram is a new attempt.
    if (event.reason !== 'refused') this.close(flow);
  }

  enforce(link: GuestLink): void {
    for (const flow of [...this.tableOf(link).values()]) {
      if (!('socket' in flow.via)) continue;
      const { address, port } = flow.key;
      const decision = link.policy.decide({ protocol: 'udp', address, port, names: link.namesOf(address) });
      if (decision.verdict === 'deny') this.close(flow);
    }
  }

  dropLink(link: GuestLink): void {
    for (const flow of [...this.tableOf(link).values()]) this.close(flow);
    this.tables.delete(link);
    this.rate.dropLink(link);
  }

  dropListener(link: GuestLink, listener: ListenerId): void {
    for (const flow of [...this.tableOf(link).values()]) {
      if ('listener' in flow.via && flow.via.listener === listener) this.close(flow);
    }
  }

  countOf(link: GuestLink, listener: ListenerId): number {
    let count = 0;
    for (const { via } of this.tableOf(link).values()) if ('listener' in via && via.listener === listener) count += 1;
    return count;
  }

  rows(link: GuestLink): ConnectionRow[] {
    return [...this.tableOf(link).values()].map((flow) => ({
      id: flow.id,
      protocol: 'udp',
      direction: 'socket' in flow.via ? 'out' : 'in',
      name: 'socket' in flow.via ? (link.namesOf(flow.key.address)[0] ?? null) : null,
      address: flow.key.address,
      port: flow.key.port,
      guestPort: flow.key.guestPort,
      bytesFromGuest: flow.bytesFromGuest,
      bytesToGuest: flow.bytesToGuest,
      ageMs: this.core.nowMs - flow.startedMs,
      verdict: 'open',
      reason: flow.reason,
    }));
  }

  private open(
    link: GuestLink,
    table: Map<string, UdpFlow>,
    packet: IpPacket,
    { srcPort, dstPort }: UdpDatagram,
    keyText: string,
  ): UdpFlow | null {
    const { core } = this;
    const router = routerAddressFor(packet.src);
    const names = link.namesOf(packet.dst);
    const decision = link.policy.decide({ protocol: 'udp', address: packet.dst, port: dstPort, names });
    if (decision.verdict === 'deny') {
      link.counters.deniedConnections += 1;
      const refusal = {
        protocol: 'udp' as const,
        address: packet.dst,
        port: dstPort,
        guestPort: srcPort,
        verdict: 'denied' as const,
        reason: decision.reason,
      };
      link.remember(refusalRow(link, core.newId(), refusal), core.nowMs);
      const message = `UDP to ${packet.dst}:${dstPort} was denied (${decision.reason}).`;
      core.effect({ kind: 'log', link: link.id, level: 'info', message });
      core.output.sendUnreachable(link, router, packet.src, 'prohibited', packet.bytes);
      return null;
    }
    if (addressFamily(packet.dst) === 6 && !decision.viaHost && !core.hostHasIpv6) {
      core.output.sendUnreachable(link, router, packet.src, 'network', packet.bytes);
      return null;
    }
    if (!this.rate.take(link, core.nowMs)) {
      link.counters.droppedFrames += 1;
      return null;
    }
    const key: FlowKey = { link, guestAddress: packet.src, guestPort: srcPort, address: packet.dst, port: dstPort };
    const socket = core.newId();
    const flow = this.create(table, key, { socket }, decision.reason, keyText);
    this.bySocket.set(socket, flow);
    core.effect({ kind: 'udp-open', socket, address: decision.viaHost ? '127.0.0.1' : packet.dst, port: dstPort });
    return flow;
  }

  private create(
    table: Map<string, UdpFlow>,
    key: FlowKey,
    via: UdpFlow['via'],
    reason: string,
    keyText = flowKeyText(key.guestAddress, key.guestPort, key.address, key.port),
  ): UdpFlow {
    if (table.size >= FLOWS_PER_LINK_MAX) this.closeLongestIdle(table);
    const { core } = this;
    const flow: UdpFlow = {
      id: core.newId(),
      key,
      keyText,
      via,
      reason,
      startedMs: core.nowMs,
      lastUsedMs: core.nowMs,
      bytesFromGuest: 0,
      bytesToGuest: 0,
      quote: new Uint8Array(0),
      nextTimerMs: () => flow.lastUsedMs + IDLE_MS,
      tick: (nowMs) => {
        if (nowMs - flow.lastUsedMs >= IDLE_MS) this.close(flow);
      },
    };
    table.set(keyText, flow);
    core.timers.watch(flow);
    return flow;
  }

  private close(flow: UdpFlow): void {
    this.core.timers.forget(flow);
    this.tableOf(flow.key.link).delete(flow.keyText);
    if ('socket' in flow.via) {
      this.bySocket.delete(flow.via.socket);
      this.core.effect({ kind: 'udp-close', socket: flow.via.socket });
    }
  }

  private closeLongestIdle(table: Map<string, UdpFlow>): void {
    let longestIdle: UdpFlow | null = null;
    for (const flow of table.values()) if (!longestIdle || flow.lastUsedMs < longestIdle.lastUsedMs) longestIdle = flow;
    if (longestIdle) this.close(longestIdle);
  }

  private tableOf(link: GuestLink): Map<string, UdpFlow> {
    let table = this.tables.get(link);
    if (!table) {
      table = new Map();
      this.tables.set(link, table);
    }
    return table;
  }
}
