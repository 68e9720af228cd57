import type { Core, IpPacket } from '../core.ts';
import type { HostEvent, SocketId } from '../effects.ts';
import { routerAddressFor } from '../ip-output.ts';
import { refusalRow, type GuestLink } from '../link.ts';
import { addressFamily } from '../wire/address.ts';
import { RateLimit } from './rate-limit.ts';

/** Echo requests of one VM that wait for their answer; each is a process of the host where there is no other way. */
const PINGS_PER_LINK_MAX = 16;
/**
 * Starting a program holds the relay up for a millisecond or more. Two `mtr` at their usual pace stay below this, a
 * flood does not get through.
 */
const PINGS_PER_SECOND_MAX = 20;
/** Longer than any echo takes; `ping` in the guest has given up by then. */
const TIMEOUT_MS = 10_000;

export interface EchoRequest {
  readonly identifier: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

interface Ping {
  readonly link: GuestLink;
  readonly packet: IpPacket;
  readonly request: EchoRequest;
}

/** Echo requests to the world: the host asks, the guest gets its own payload back. */
export class PingFlows {
  private readonly pings = new Map<SocketId, Ping>();
  private readonly counts = new Map<GuestLink, number>();
  private readonly rate = new RateLimit(PINGS_PER_SECOND_MAX, PINGS_PER_LINK_MAX);
  private readonly core: Core;

  constructor(core: Core) {
    this.core = core;
  }

  request(link: GuestLink, packet: IpPacket, request: EchoRequest): void {
    const { core } = this;
    const router = routerAddressFor(packet.src);
    const names = link.namesOf(packet.dst);
    const decision = link.policy.decide({ protocol: 'icmp', address: packet.dst, port: 0, names });
    if (decision.verdict === 'deny') {
      link.counters.deniedConnections += 1;
      const refusal = {
        protocol: 'icmp' as const,
        address: packet.dst,
        port: 0,
        guestPort: 0,
        verdict: 'denied' as const,
        reason: decision.reason,
      };
      link.remember(refusalRow(link, core.newId(), refusal), core.nowMs);
      core.output.sendUnreachable(link, router, packet.src, 'prohibited', packet.bytes);
      return;
    }
    if (addressFamily(packet.dst) === 6 && !core.hostHasIpv6) {
      core.output.sendUnreachable(link, router, packet.src, 'network', packet.bytes);
      return;
    }
    const count = this.counts.get(link) ?? 0;
    if (count >= PINGS_PER_LINK_MAX || !this.rate.take(link, core.nowMs)) {
      link.counters.droppedFrames += 1;
      return;
    }
    this.counts.set(link, count + 1);
    const socket = core.newId();
    this.pings.set(socket, { link, packet, request });
    core.effect({
      kind: 'ping',
      socket,
      address: packet.dst,
      payloadBytes: request.payload.byteLength,
      timeoutMs: TIMEOUT_MS,
    });
  }

  hostEvent(event: Extract<HostEvent, { kind: 'pong' }>): void {
    const ping = this.pings.get(event.socket);
    if (!ping) return;
    this.forget(event.socket, ping);
    const { link, packet, request } = ping;
    if (event.reply === 'echo') replyToEcho(this.core, link, packet, request);
    if (event.reply === 'unreachable') {
      this.core.output.sendUnreachable(link, routerAddressFor(packet.src), packet.src, 'host', packet.bytes);
    }
  }

  dropLink(link: GuestLink): void {
    for (const [socket, ping] of [...this.pings]) if (ping.link === link) this.forget(socket, ping);
    this.counts.delete(link);
    this.rate.dropLink(link);
  }

  private forget(socket: SocketId, { link }: Ping): void {
    this.pings.delete(socket);
    this.counts.set(link, (this.counts.get(link) ?? 1) - 1);
  }
}

/** Sends the guest its echo back, as from the address it asked. */
export function replyToEcho(core: Core, link: GuestLink, packet: IpPacket, request: EchoRequest): void {
  const { identifier, sequence, payload } = request;
  const reply = { kind: 'echo-reply' as const, identifier, sequence, payload };
  if (addressFamily(packet.dst) === 4) core.output.sendIcmpv4(link, packet.dst, packet.src, reply);
  else core.output.sendIcmpv6(link, packet.dst, packet.src, reply);
}
