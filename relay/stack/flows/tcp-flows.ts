import type { ConnectionRow } from '../../../src/shared/model/network.ts';
import { isDnsServer } from '../addresses.ts';
import { flowKeyText, type Core, type FlowKey, type IpPacket } from '../core.ts';
import type { HostEvent, ListenerId, SocketId, UdpPeer } from '../effects.ts';
import { routerAddressFor } from '../ip-output.ts';
import { refusalRow, type GuestLink } from '../link.ts';
import type { DnsService } from '../services/dns-service.ts';
import { resetFor } from '../tcp/connection.ts';
import { addressFamily, type IpAddress } from '../wire/address.ts';
import { Malformed } from '../wire/malformed.ts';
import { parseTcp, TCP_ACK, TCP_RST, TCP_SYN, type TcpSegment } from '../wire/tcp.ts';
import { TcpFlow, type TcpFlowOrigin } from './tcp-flow.ts';

/** Connections of one VM at a time. Far above what a browser or a package manager opens. */
const FLOWS_PER_LINK_MAX = 1024;
/** Hosts being dialled for one VM at a time; more SYNs wait for their retransmission. */
const DIALS_PER_LINK_MAX = 128;
/** What of a SYN is kept to be quoted should the host turn out to be unreachable. */
const QUOTE_BYTES = 128;
/** RFC 6335: ports for connections that come from us. */
const EPHEMERAL_FIRST_PORT = 49_152;
const EPHEMERAL_PORTS = 16_384;

interface Dial {
  readonly flow: TcpFlow;
  readonly syn: TcpSegment;
  /** The start of the SYN's packet. */
  readonly quote: Uint8Array;
}

/** The TCP connections of one link. */
export interface TcpTable {
  readonly flows: Map<string, TcpFlow>;
  /** Done for the guest; the host's sockets still deliver. */
  readonly delivering: Set<TcpFlow>;
  dials: number;
}

/** All TCP between the guests and the world. */
export class TcpFlows {
  private readonly tables = new Map<GuestLink, TcpTable>();
  private readonly bySocket = new Map<SocketId, TcpFlow>();
  private readonly dials = new Map<SocketId, Dial>();
  private readonly core: Core;
  private readonly dns: DnsService;
  private nextEphemeral = 0;

  constructor(core: Core, dns: DnsService) {
    this.core = core;
    this.dns = dns;
  }

  receive(link: GuestLink, packet: IpPacket): Malformed | null {
    const segment = parseTcp(packet.payload, packet.src, packet.dst);
    if (segment instanceof Malformed) return segment;
    const table = this.tableOf(link);
    const keyText = flowKeyText(packet.src, segment.srcPort, packet.dst, segment.dstPort);
    const known = table.flows.get(keyText);
    const isSyn = (segment.flags & (TCP_SYN | TCP_ACK | TCP_RST)) === TCP_SYN;
    if (known && !(isSyn && known.mayBeReplacedBy(segment))) {
      known.receive(segment);
      return null;
    }
    if (this.dns.owns(packet.dst, segment.dstPort)) {
      this.dns.receiveTcp(link, packet.src, packet.dst, segment);
      return null;
    }
    known?.makeWay();
    if (isSyn) this.open(link, table, packet, segment, known?.successorSeq);
    else this.reset(link, packet, segment);
    return null;
  }

  hostEvent(event: Extract<HostEvent, { kind: `tcp-${string}` }>): void {
    if (event.kind === 'tcp-accepted') return;
    const flow = this.bySocket.get(event.socket);
    if (!flow) return;
    switch (event.kind) {
      case 'tcp-connected': {
        const dial = this.endDial(event.socket);
        if (dial) flow.accept(dial.syn);
        return;
      }
      case 'tcp-failed': {
        const dial = this.endDial(event.socket);
        if (dial) this.dialFailed(dial, event.reason);
        return;
      }
      case 'tcp-data':
        return flow.socketData(event.bytes);
      case 'tcp-sent':
        return flow.socketSent(event.byteCount);
      case 'tcp-ended':
        return flow.socketEnded();
      case 'tcp-closed':
        this.bySocket.delete(event.socket);
        return flow.socketClosed(event.failure);
    }
  }

  /** Someone connected to a forwarded port: knock at the guest's. @returns false when that cannot be done */
  forward(
    link: GuestLink,
    arrival: { socket: SocketId; listener: ListenerId; peer: UdpPeer },
    to: { gateway: IpAddress; guest: IpAddress; guestPort: number },
    onReleased: () => void,
  ): boolean {
    const table = this.tableOf(link);
    if (!hasRoom(table)) return false;
    const port = this.freePort(table, to);
    const key: FlowKey = { link, guestAddress: to.guest, guestPort: to.guestPort, address: to.gateway, port };
    const reason = `port forward from ${arrival.peer.address}`;
    const { socket, listener } = arrival;
    const about = { socket, listener, direction: 'in' as const, reason, others: liveCount(table) };
    const flow = this.create(table, key, about, onReleased);
    flow.connect();
    return true;
  }

  /** Looks at every connection again after the policy changed; what is not allowed any more is reset. */
  enforce(link: GuestLink): void {
    for (const flow of allOf(this.tableOf(link))) {
      if (flow.direction === 'in') continue;
      const decision = decide(link, flow.key.address, flow.key.port);
      if (decision.verdict === 'allow') continue;
      flow.abort();
      this.noteRefusal(link, flow.key, 'denied', decision.reason);
    }
  }

  /** The link takes frames of another length now. */
  resize(link: GuestLink): void {
    for (const flow of this.tableOf(link).flows.values()) flow.resize();
  }

  /** Ends everything of a link without a word to its guest. */
  dropLink(link: GuestLink): void {
    for (const flow of allOf(this.tableOf(link))) flow.drop();
    this.tables.delete(link);
  }

  /** A forwarded port is no longer one. */
  dropListener(link: GuestLink, listener: ListenerId): void {
    for (const flow of allOf(this.tableOf(link))) if (flow.listener === listener) flow.abort();
  }

  rows(link: GuestLink): ConnectionRow[] {
    return allOf(this.tableOf(link)).map((flow) => flow.row(this.core.nowMs));
  }

  get size(): number {
    return this.bySocket.size;
  }

  private open(link: GuestLink, table: TcpTable, packet: IpPacket, syn: TcpSegment, initialSeq?: number): void {
    const key: FlowKey = {
      link,
      guestAddress: packet.src,
      guestPort: syn.srcPort,
      address: packet.dst,
      port: syn.dstPort,
    };
    const decision = decide(link, key.address, key.port);
    if (decision.verdict === 'deny') {
      this.noteRefusal(link, key, 'denied', decision.reason);
      this.reset(link, packet, syn);
      return;
    }
    if (addressFamily(key.address) === 6 && !decision.viaHost && !this.core.hostHasIpv6) {
      this.core.output.sendUnreachable(link, routerAddressFor(packet.src), packet.src, 'network', packet.bytes);
      return;
    }
    if (table.dials >= DIALS_PER_LINK_MAX || !hasRoom(table)) {
      link.counters.droppedFrames += 1;
      return;
    }
    const socket = this.core.newId();
    const origin = { socket, direction: 'out' as const, reason: decision.reason, others: liveCount(table) };
    const flow = this.create(table, key, initialSeq === undefined ? origin : { ...origin, initialSeq });
    // Copied: the frame it came in may be large, and the dial may take long.
    this.dials.set(socket, {
      flow,
      syn: { ...syn, payload: syn.payload.slice() },
      quote: packet.bytes.slice(0, QUOTE_BYTES),
    });
    table.dials += 1;
    const address = decision.viaHost ? '127.0.0.1' : key.address;
    this.core.effect({ kind: 'tcp-dial', socket, address, port: key.port });
  }

  private create(table: TcpTable, key: FlowKey, about: TcpFlowOrigin, onReleased?: () => void): TcpFlow {
    const keyText = flowKeyText(key.guestAddress, key.guestPort, key.address, key.port);
    const owner = {
      released: (flow: TcpFlow): void => {
        this.endDial(flow.socket);
        if (table.flows.get(keyText) === flow) table.flows.delete(keyText);
        table.delivering.delete(flow);
        this.bySocket.delete(flow.socket);
        onReleased?.();
      },
      delivering: (flow: TcpFlow): void => {
        if (table.flows.get(keyText) === flow) table.flows.delete(keyText);
        table.delivering.add(flow);
      },
    };
    const flow = new TcpFlow(this.core, owner, key, about);
    table.flows.set(keyText, flow);
    this.bySocket.set(about.socket, flow);
    return flow;
  }

  private endDial(socket: SocketId): Dial | null {
    const dial = this.dials.get(socket);
    if (!dial) return null;
    this.dials.delete(socket);
    this.tableOf(dial.flow.key.link).dials -= 1;
    return dial;
  }

  private dialFailed({ flow, syn, quote }: Dial, reason: string): void {
    const { key } = flow;
    const { link } = key;
    this.noteRefusal(link, key, 'failed', FAILURE_WORDS[reason] ?? 'the connection failed');
    flow.drop();
    switch (reason) {
      case 'unreachable':
        this.core.output.sendUnreachable(link, routerAddressFor(key.guestAddress), key.guestAddress, 'host', quote);
        return;
      case 'timed-out':
        // As silent as it is out there: the guest's own patience decides.
        return;
      default: {
        const reset = resetFor(syn);
        if (reset) this.core.output.sendTcp(link, key.address, key.port, key.guestAddress, key.guestPort, reset);
      }
    }
  }

  private reset(link: GuestLink, packet: IpPacket, segment: TcpSegment): void {
    const reset = resetFor(segment);
    if (reset) this.core.output.sendTcp(link, packet.dst, segment.dstPort, packet.src, segment.srcPort, reset);
  }

  private noteRefusal(link: GuestLink, key: FlowKey, verdict: 'denied' | 'failed', reason: string): void {
    if (verdict === 'denied') link.counters.deniedConnections += 1;
    const { address, port, guestPort } = key;
    const refusal = { protocol: 'tcp' as const, address, port, guestPort, verdict, reason };
    link.remember(refusalRow(link, this.core.newId(), refusal), this.core.nowMs);
    if (verdict === 'denied') {
      const message = `TCP to ${address}:${port} was denied (${reason}).`;
      this.core.effect({ kind: 'log', link: link.id, level: 'info', message });
    }
  }

  private freePort(table: TcpTable, to: { gateway: IpAddress; guest: IpAddress; guestPort: number }): number {
    for (let tries = 0; tries < EPHEMERAL_PORTS; tries++) {
      this.nextEphemeral = (this.nextEphemeral + 1) % EPHEMERAL_PORTS;
      const port = EPHEMERAL_FIRST_PORT + this.nextEphemeral;
      if (!table.flows.has(flowKeyText(to.guest, to.guestPort, to.gateway, port))) return port;
    }
    // There are more ports than connections a link may have.
    throw new Error('no ephemeral port is free');
  }

  private tableOf(link: GuestLink): TcpTable {
    let table = this.tables.get(link);
    if (!table) {
      table = { flows: new Map(), delivering: new Set(), dials: 0 };
      this.tables.set(link, table);
    }
    return table;
  }
}

function liveCount({ flows, delivering }: TcpTable): number {
  let count = delivering.size;
  for (const flow of flows.values()) if (!flow.isInTimeWait) count += 1;
  return count;
}

function allOf({ flows, delivering }: TcpTable): TcpFlow[] {
  return [...flows.values(), ...delivering];
}

/** Where there is none, the connection that has waited longest for late segments makes some. */
function hasRoom(table: TcpTable): boolean {
  if (table.delivering.size >= FLOWS_PER_LINK_MAX) return false;
  if (table.flows.size < FLOWS_PER_LINK_MAX) return true;
  for (const flow of table.flows.values()) {
    if (!flow.isInTimeWait) continue;
    flow.makeWay();
    return true;
  }
  return false;
}

const FAILURE_WORDS: Readonly<Record<string, string>> = {
  refused: 'the host refused it',
  unreachable: 'the host cannot be reached',
  'timed-out': 'the host did not answer',
  reset: 'the host broke it off',
};

function decide(link: GuestLink, address: IpAddress, port: number): ReturnType<GuestLink['policy']['decide']> {
  if (isDnsServer(address))
    return { verdict: 'deny', reason: 'the DNS server answers at port 53 only', viaHost: false };
  return link.policy.decide({ protocol: 'tcp', address, port, names: link.namesOf(address) });
}
