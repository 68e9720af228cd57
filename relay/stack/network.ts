import type { NetworkSettings, NetworkView } from '../../src/shared/model/network.ts';
import type { Core } from './core.ts';
import type { Effect, HostEvent } from './effects.ts';
import { Forwards } from './flows/forwards.ts';
import { PingFlows } from './flows/ping-flows.ts';
import { TcpFlows } from './flows/tcp-flows.ts';
import { UdpFlows } from './flows/udp-flows.ts';
import { IpInput } from './ip-input.ts';
import { IpOutput } from './ip-output.ts';
import { GuestLink, type LinkOptions } from './link.ts';
import { advertiseRouter, askArp } from './neighbors.ts';
import { compilePolicy, type Policy } from './policy/policy.ts';
import { DhcpService } from './services/dhcp-service.ts';
import { DnsService } from './services/dns-service.ts';
import { Switch } from './switch.ts';
import { TimerQueue } from './timer-queue.ts';
import { addressFamily } from './wire/address.ts';
import { parseEthernet } from './wire/ethernet.ts';
import { Malformed } from './wire/malformed.ts';

export interface NetworkOptions {
  /** 32 random bits: sequence numbers, DNS ids. */
  randomU32(): number;
  readonly hostHasIpv6: boolean;
  /** The host's own addresses, with their prefix lengths where known; no profile opens them or their links. */
  readonly hostAddresses: readonly string[];
  readonly dnsServerCount: number;
}

export interface NetworkPorts {
  /** A frame for a VM. It belongs to the carrier from now on. */
  sendFrame(link: number, frame: Uint8Array): void;
  effect(effect: Effect): void;
}

/** VMs attached at a time. Each costs some kilobytes while idle; the app runs tens. */
export const LINKS_MAX = 1024;

/** Well within the router's lifetime (RFC 4861, 6.2.1). */
const ADVERTISE_EVERY_MS = 600_000;

/** An IP packet of the largest size there is, in a frame. */
const FRAME_MAX_BYTES = 65_549;

/**
 * The network between the VMs and the host: frames and events go in, frames and effects come out. It has no clock
 * (each call says what time it is, on one monotonic clock), no sockets and no randomness of its own.
 */
export class Network {
  private readonly links = new Map<number, GuestLink>();
  private readonly ports: NetworkPorts;
  private readonly hostAddresses: readonly string[];
  private readonly core: Core & { nowMs: number; hostHasIpv6: boolean };
  private readonly lanSwitch: Switch;
  private readonly input: IpInput;
  private readonly tcp: TcpFlows;
  private readonly udp: UdpFlows;
  private readonly pings: PingFlows;
  private readonly dns: DnsService;
  private readonly forwards: Forwards;
  private readonly advertiser = {
    dueMs: Infinity,
    nextTimerMs: (): number | null => (this.advertiser.dueMs === Infinity ? null : this.advertiser.dueMs),
    tick: (nowMs: number): void => this.advertise(nowMs),
  };

  constructor(options: NetworkOptions, ports: NetworkPorts) {
    this.ports = ports;
    this.hostAddresses = options.hostAddresses;
    let lastId = 0;
    const core: Core & { nowMs: number; hostHasIpv6: boolean } = {
      nowMs: 0,
      hostHasIpv6: options.hostHasIpv6,
      output: new IpOutput(
        (link, frame) => this.send(link, frame),
        (link, address) => {
          if (addressFamily(address) === 4) askArp(core, link, address);
        },
      ),
      timers: new TimerQueue(),
      randomU32: () => options.randomU32(),
      newId: () => ++lastId,
      effect: (effect) => ports.effect(effect),
    };
    this.core = core;
    this.lanSwitch = new Switch((link, frame) => this.send(link, frame));
    this.dns = new DnsService(core, options.dnsServerCount);
    this.tcp = new TcpFlows(core, this.dns);
    this.udp = new UdpFlows(core);
    this.pings = new PingFlows(core);
    this.forwards = new Forwards(core, this.tcp, this.udp);
    const { tcp, udp, pings, dns } = this;
    this.input = new IpInput(core, { tcp, udp, pings, dns, dhcp: new DhcpService(core) });
  }

  /**
   * Plugs a VM in.
   * @throws when the id is taken, there are too many, or the settings do not compile (check them with `compilePolicy`)
   */
  attach(options: LinkOptions, nowMs: number): void {
    this.core.nowMs = nowMs;
    if (this.links.has(options.id)) throw new Error(`link ${options.id} exists`);
    if (this.links.size >= LINKS_MAX) throw new Error(`there are ${LINKS_MAX} VMs on this relay already`);
    const policy = this.compile(options.settings);
    const link = new GuestLink(options, policy, this.lanSwitch.segmentFor(options.settings.lan));
    this.links.set(link.id, link);
    this.lanSwitch.join(link);
    this.forwards.configure(link, options.settings.forwards);
    // A guest that was running when the relay came (back) learns the router without asking.
    advertiseRouter(this.core, link);
    if (this.advertiser.dueMs === Infinity) this.scheduleAdvertisement(nowMs);
  }

  detach(id: number, nowMs: number): void {
    this.core.nowMs = nowMs;
    const link = this.links.get(id);
    if (!link) return;
    this.links.delete(id);
    this.forwards.dropLink(link);
    this.tcp.dropLink(link);
    this.udp.dropLink(link);
    this.pings.dropLink(link);
    this.dns.dropLink(link);
    this.input.dropLink(link);
    this.lanSwitch.leave(link);
  }

  /** New settings, for live connections too. @throws as {@link attach} */
  configure(id: number, settings: NetworkSettings, nowMs: number): void {
    this.core.nowMs = nowMs;
    const link = this.links.get(id);
    if (!link) return;
    link.policy = this.compile(settings);
    const isMoving = settings.lan !== link.settings.lan;
    link.settings = settings;
    if (isMoving) {
      this.lanSwitch.leave(link);
      link.segment = this.lanSwitch.segmentFor(settings.lan);
      this.lanSwitch.join(link);
    }
    this.tcp.enforce(link);
    this.udp.enforce(link);
    this.forwards.configure(link, settings.forwards);
  }

  /** The VM's network card takes frames of another length now: another machine was put behind the link. */
  setMaxFrameBytes(id: number, maxFrameBytes: number, nowMs: number): void {
    this.core.nowMs = nowMs;
    const link = this.links.get(id);
    if (!link || link.maxFrameBytes === maxFrameBytes) return;
    link.maxFrameBytes = maxFrameBytes;
    this.tcp.resize(link);
  }

  /** A frame from a VM, which belongs to the network from now on. */
  receive(id: number, bytes: Uint8Array, nowMs: number): void {
    this.core.nowMs = nowMs;
    const link = this.links.get(id);
    if (!link) return;
    link.counters.framesFromGuest += 1;
    link.counters.bytesFromGuest += bytes.byteLength;
    const frame = parseEthernet(bytes);
    if (frame instanceof Malformed || bytes.byteLength > FRAME_MAX_BYTES) {
      link.counters.malformedFrames += 1;
      return;
    }
    if (!this.lanSwitch.forward(link, frame, bytes)) return;
    if (this.input.receive(link, frame) instanceof Malformed) link.counters.malformedFrames += 1;
  }

  /** Something happened to a socket of the host. */
  hostEvent(event: HostEvent, nowMs: number): void {
    this.core.nowMs = nowMs;
    switch (event.kind) {
      case 'tcp-connected':
      case 'tcp-failed':
      case 'tcp-data':
      case 'tcp-sent':
      case 'tcp-ended':
      case 'tcp-closed':
        return this.tcp.hostEvent(event);
      case 'udp-message':
      case 'udp-failed':
        return this.udp.hostEvent(event);
      case 'pong':
        return this.pings.hostEvent(event);
      case 'dns-answer':
      case 'dns-failed':
        return this.dns.hostEvent(event);
      case 'tcp-accepted':
      case 'udp-received':
      case 'listening':
      case 'listen-failed':
        return this.forwards.hostEvent(event);
    }
  }

  /** The host is on another network now: what was known of the one before does not hold any more. */
  hostMoved(hostHasIpv6: boolean, nowMs: number): void {
    this.core.nowMs = nowMs;
    this.dns.forgetAnswers();
    if (hostHasIpv6 === this.core.hostHasIpv6) return;
    this.core.hostHasIpv6 = hostHasIpv6;
    this.advertise(nowMs);
  }

  /** Carries out what is due. */
  tick(nowMs: number): void {
    this.core.nowMs = nowMs;
    this.core.timers.run(nowMs);
  }

  /** When {@link tick} wants to be called next, or null. */
  nextTimerMs(): number | null {
    return this.core.timers.nextMs();
  }

  /** What a person sees of a VM's network. */
  view(id: number, nowMs: number): Omit<NetworkView, 'capturing'> | null {
    this.core.nowMs = nowMs;
    const link = this.links.get(id);
    if (!link) return null;
    return {
      address: link.segment.dhcp.leaseOf(link.vm.id) ?? link.ipv4Address(),
      counters: { ...link.counters },
      connections: [...this.tcp.rows(link), ...this.udp.rows(link), ...link.pastRows(nowMs)],
      forwards: this.forwards.rows(link),
    };
  }

  /** What is alive, for tests and the bench: all of it returns to 0. */
  counts(): { links: number; tcp: number } {
    return { links: this.links.size, tcp: this.tcp.size };
  }

  /** Guests forget a router that does not say again that it is there. */
  private advertise(nowMs: number): void {
    for (const link of this.links.values()) advertiseRouter(this.core, link);
    this.scheduleAdvertisement(nowMs);
  }

  private scheduleAdvertisement(nowMs: number): void {
    // Without IPv6 on the host there is no router to be forgotten.
    const isNeeded = this.core.hostHasIpv6 && this.links.size > 0;
    this.advertiser.dueMs = isNeeded ? nowMs + ADVERTISE_EVERY_MS : Infinity;
    if (isNeeded) this.core.timers.watch(this.advertiser);
  }

  private compile(settings: NetworkSettings): Policy {
    const compiled = compilePolicy(settings, this.hostAddresses);
    if (!compiled.ok) throw new Error(compiled.message);
    return compiled.policy;
  }

  private send(link: GuestLink, frame: Uint8Array): void {
    if (!this.links.has(link.id)) return;
    link.counters.framesToGuest += 1;
    link.counters.bytesToGuest += frame.byteLength;
    this.ports.sendFrame(link.id, frame);
  }
}
