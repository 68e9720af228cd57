import type { Forward, ForwardRow } from '../../../src/shared/model/network.ts';
import { FIRST_GUEST_IPV4, GATEWAY_IPV4 } from '../addresses.ts';
import type { Core } from '../core.ts';
import type { HostEvent, ListenerId } from '../effects.ts';
import type { GuestLink } from '../link.ts';
import type { TcpFlows } from './tcp-flows.ts';
import type { UdpFlows } from './udp-flows.ts';

interface Listener {
  readonly id: ListenerId;
  readonly link: GuestLink;
  readonly forward: Forward;
  failure: string | null;
  liveTcp: number;
  total: number;
}

/** Ports of the host that lead to ports of guests. */
export class Forwards {
  private readonly listeners = new Map<ListenerId, Listener>();
  private readonly core: Core;
  private readonly tcp: TcpFlows;
  private readonly udp: UdpFlows;

  constructor(core: Core, tcp: TcpFlows, udp: UdpFlows) {
    this.core = core;
    this.tcp = tcp;
    this.udp = udp;
  }

  /** Opens what is new, closes what is gone, and leaves the rest and its connections alone. */
  configure(link: GuestLink, wanted: readonly Forward[]): void {
    const open = this.of(link);
    for (const listener of open) {
      if (!wanted.some((forward) => isSame(forward, listener.forward))) this.close(listener);
    }
    for (const forward of wanted) {
      const existing = open.find((listener) => isSame(forward, listener.forward));
      // One that could not be opened is tried again: whoever had the port may have left.
      if (existing?.failure === null) continue;
      if (existing) this.close(existing);
      const listener: Listener = { id: this.core.newId(), link, forward, failure: null, liveTcp: 0, total: 0 };
      this.listeners.set(listener.id, listener);
      const { protocol, hostAddress, hostPort } = forward;
      this.core.effect({ kind: 'listen', listener: listener.id, protocol, address: hostAddress, port: hostPort });
    }
  }

  dropLink(link: GuestLink): void {
    for (const listener of this.of(link)) this.close(listener);
  }

  hostEvent(
    event: Extract<HostEvent, { kind: 'tcp-accepted' | 'udp-received' | 'listening' | 'listen-failed' }>,
  ): void {
    const listener = this.listeners.get(event.listener);
    switch (event.kind) {
      case 'listening':
        if (listener) listener.failure = null;
        return;
      case 'listen-failed':
        if (listener) listener.failure = event.message;
        return;
      case 'tcp-accepted':
        if (!listener || !this.forwardTcp(listener, event)) {
          this.core.effect({ kind: 'tcp-destroy', socket: event.socket });
        }
        return;
      case 'udp-received':
        if (listener) this.forwardUdp(listener, event);
    }
  }

  rows(link: GuestLink): ForwardRow[] {
    return this.of(link).map(({ id, forward, failure, liveTcp, total }) => {
      const liveConnections = forward.protocol === 'tcp' ? liveTcp : this.udp.countOf(link, id);
      return { forward, failure, liveConnections, totalConnections: Math.max(total, liveConnections) };
    });
  }

  private forwardTcp(listener: Listener, event: Extract<HostEvent, { kind: 'tcp-accepted' }>): boolean {
    const guest = this.guestAddress(listener);
    if (guest === null) return false;
    const to = { gateway: GATEWAY_IPV4, guest, guestPort: listener.forward.guestPort };
    listener.liveTcp += 1;
    const isForwarded = this.tcp.forward(listener.link, event, to, () => {
      listener.liveTcp -= 1;
    });
    if (isForwarded) listener.total += 1;
    else listener.liveTcp -= 1;
    return isForwarded;
  }

  private forwardUdp(listener: Listener, event: Extract<HostEvent, { kind: 'udp-received' }>): void {
    const guest = this.guestAddress(listener);
    if (guest === null) return;
    const to = { gateway: GATEWAY_IPV4, guest, guestPort: listener.forward.guestPort };
    const before = this.udp.countOf(listener.link, listener.id);
    this.udp.forward(listener.link, event, to);
    if (this.udp.countOf(listener.link, listener.id) > before) listener.total += 1;
  }

  /** Where the guest is: a relay that was restarted has not given it its address, but hears it speak. */
  private guestAddress({ link }: Listener): string | null {
    const known = link.segment.dhcp.leaseOf(link.vm.id) ?? link.ipv4Address();
    if (known !== null) return known;
    return link.segment.lan === null ? FIRST_GUEST_IPV4 : null;
  }

  private of(link: GuestLink): Listener[] {
    return [...this.listeners.values()].filter((listener) => listener.link === link);
  }

  private close(listener: Listener): void {
    this.listeners.delete(listener.id);
    this.core.effect({ kind: 'unlisten', listener: listener.id });
    this.tcp.dropListener(listener.link, listener.id);
    this.udp.dropListener(listener.link, listener.id);
  }
}

function isSame(a: Forward, b: Forward): boolean {
  return (
    a.protocol === b.protocol &&
    a.hostAddress === b.hostAddress &&
    a.hostPort === b.hostPort &&
    a.guestPort === b.guestPort
  );
}
