import { DEFAULT_NETWORK, type NetworkSettings } from '../../src/shared/model/network.ts';
import { GATEWAY_MAC } from './addresses.ts';
import type { Effect, HostEvent } from './effects.ts';
import { Network } from './network.ts';
import { addressFamily, type IpAddress, type Mac } from './wire/address.ts';
import { parseArp, type ArpMessage } from './wire/arp.ts';
import { emitEthernet, ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6, parseEthernet } from './wire/ethernet.ts';
import { emitIcmpv4, parseIcmpv4, type Icmpv4Message } from './wire/icmpv4.ts';
import { parseIcmpv6, type Icmpv6Message } from './wire/icmpv6.ts';
import { emitIpv4, parseIpv4, PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP, PROTOCOL_UDP } from './wire/ipv4.ts';
import { emitIpv6, parseIpv6 } from './wire/ipv6.ts';
import { Malformed } from './wire/malformed.ts';
import { emitTcp, NO_TCP_OPTIONS, parseTcp, TCP_ACK, TCP_SYN, type TcpSegment } from './wire/tcp.ts';
import { emitUdp, parseUdp, type UdpDatagram } from './wire/udp.ts';

/** A network under test with a clock and a host that do what the test says. */
export class TestNetwork {
  nowMs = 1_000;
  readonly effects: Effect[] = [];
  readonly network: Network;
  private readonly guests = new Map<number, TestGuest>();
  private seed = 1;

  constructor(options: { hostHasIpv6?: boolean; hostAddresses?: readonly IpAddress[]; dnsServerCount?: number } = {}) {
    this.network = new Network(
      {
        randomU32: () => {
          // An xorshift, so that runs repeat (Marsaglia, 2003).
          this.seed ^= this.seed << 13;
          this.seed ^= this.seed >>> 17;
          this.seed ^= this.seed << 5;
          return this.seed >>> 0;
        },
        hostHasIpv6: options.hostHasIpv6 ?? false,
        hostAddresses: options.hostAddresses ?? [],
        dnsServerCount: options.dnsServerCount ?? 1,
      },
      {
        sendFrame: (link, frame) => this.guests.get(link)?.frames.push(frame),
        effect: (effect) => this.effects.push(effect),
      },
    );
  }

  guest(settings: Partial<NetworkSettings> = {}, about: Partial<GuestOptions> = {}): TestGuest {
    const id = this.guests.size + 1;
    const guest = new TestGuest(this, { ...GUEST_DEFAULTS, id, ...about });
    this.guests.set(id, guest);
    const { name, maxFrameBytes } = guest.options;
    this.network.attach(
      { id, vm: { id: `vm-${id}`, name }, maxFrameBytes, settings: { ...DEFAULT_NETWORK, ...settings } },
      this.nowMs,
    );
    guest.frames.length = 0;
    return guest;
  }

  host(event: HostEvent): void {
    this.network.hostEvent(event, this.nowMs);
  }

  /** Lets time pass, ticking at each deadline. */
  advance(byMs: number): void {
    const untilMs = this.nowMs + byMs;
    for (;;) {
      const nextMs = this.network.nextTimerMs();
      if (nextMs === null || nextMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, nextMs);
      this.network.tick(this.nowMs);
    }
    this.nowMs = untilMs;
    this.network.tick(this.nowMs);
  }

  /** The effects of a kind since the last call for it, which are taken away. */
  taken<Kind extends Effect['kind']>(kind: Kind): Extract<Effect, { kind: Kind }>[] {
    const found = this.effects.filter((effect): effect is Extract<Effect, { kind: Kind }> => effect.kind === kind);
    for (const effect of found) this.effects.splice(this.effects.indexOf(effect), 1);
    return found;
  }

  /** The only effect of a kind since the last look. */
  one<Kind extends Effect['kind']>(kind: Kind): Extract<Effect, { kind: Kind }> {
    const found = this.taken(kind);
    const [first] = found;
    if (!first || found.length > 1) throw new Error(`${found.length} effects ${kind}: ${JSON.stringify(found)}`);
    return first;
  }
}

interface GuestOptions {
  readonly id: number;
  readonly name: string;
  readonly mac: Mac;
  readonly address: IpAddress;
  readonly maxFrameBytes: number;
}

const GUEST_DEFAULTS: GuestOptions = {
  id: 0,
  name: 'box',
  mac: '02:00:00:00:00:01',
  address: '10.0.2.15',
  maxFrameBytes: 1514,
};

/** What a frame says, taken apart. */
export type Heard =
  | { readonly kind: 'arp'; readonly message: ArpMessage }
  | { readonly kind: 'tcp'; readonly src: IpAddress; readonly dst: IpAddress; readonly segment: TcpSegment }
  | { readonly kind: 'udp'; readonly src: IpAddress; readonly dst: IpAddress; readonly datagram: UdpDatagram }
  | { readonly kind: 'icmp'; readonly src: IpAddress; readonly dst: IpAddress; readonly message: Icmpv4Message }
  | { readonly kind: 'icmpv6'; readonly src: IpAddress; readonly dst: IpAddress; readonly message: Icmpv6Message }
  | { readonly kind: 'other'; readonly bytes: Uint8Array };

/** A guest made of frames. */
export class TestGuest {
  readonly frames: Uint8Array[] = [];
  readonly options: GuestOptions;
  private readonly net: TestNetwork;

  constructor(net: TestNetwork, options: GuestOptions) {
    this.net = net;
    this.options = options;
  }

  send(frame: Uint8Array): void {
    this.net.network.receive(this.options.id, frame, this.net.nowMs);
  }

  sendEthernet(etherType: number, payload: Uint8Array, dst: Mac = GATEWAY_MAC): void {
    this.send(emitEthernet({ dst, src: this.options.mac, etherType, payload }));
  }

  sendIp(dst: IpAddress, protocol: number, payload: Uint8Array, hopLimit = 64, src?: IpAddress, mac?: Mac): void {
    if (addressFamily(dst) === 4) {
      const packet = emitIpv4({
        src: src ?? this.options.address,
        dst,
        protocol,
        ttl: hopLimit,
        identification: 7,
        dontFragment: true,
        moreFragments: false,
        fragmentOffsetBytes: 0,
        tos: 0,
        options: new Uint8Array(0),
        payload,
      });
      this.sendEthernet(ETHERTYPE_IPV4, packet, mac);
      return;
    }
    const packet = emitIpv6({
      src: src ?? 'fd54:6572:7261::15',
      dst,
      nextHeader: protocol,
      hopLimit,
      trafficClass: 0,
      flowLabel: 0,
      fragment: null,
      payload,
    });
    this.sendEthernet(ETHERTYPE_IPV6, packet, mac);
  }

  sendTcp(dst: IpAddress, segment: Partial<TcpSegment> & { dstPort: number; flags: number }): void {
    const whole: TcpSegment = {
      srcPort: 40_000,
      seq: 1_000,
      ack: 0,
      window: 65_535,
      urgent: 0,
      options: NO_TCP_OPTIONS,
      payload: new Uint8Array(0),
      ...segment,
    };
    const src = addressFamily(dst) === 4 ? this.options.address : 'fd54:6572:7261::15';
    this.sendIp(dst, PROTOCOL_TCP, emitTcp(whole, src, dst));
  }

  sendUdp(dst: IpAddress, dstPort: number, payload: Uint8Array, srcPort = 40_000): void {
    const src = addressFamily(dst) === 4 ? this.options.address : 'fd54:6572:7261::15';
    this.sendIp(dst, PROTOCOL_UDP, emitUdp({ srcPort, dstPort, payload }, src, dst));
  }

  ping(dst: IpAddress, hopLimit = 64): void {
    const payload = Uint8Array.of(1, 2, 3, 4);
    const message = emitIcmpv4({ kind: 'echo-request', identifier: 5, sequence: 6, payload });
    this.sendIp(dst, PROTOCOL_ICMP, message, hopLimit);
  }

  /** What came since the last call. */
  heard(): Heard[] {
    return this.frames.splice(0).map(understand);
  }

  /** The TCP segments among it. */
  heardTcp(): (TcpSegment & { src: IpAddress })[] {
    return this.heard().flatMap((each) => (each.kind === 'tcp' ? [{ ...each.segment, src: each.src }] : []));
  }
}

/** @throws when the relay sent something malformed */
function understand(bytes: Uint8Array): Heard {
  const sound = <T>(value: T | Malformed): T => {
    if (value instanceof Malformed) throw new Error(`the relay sent a malformed frame: ${value.reason}`);
    return value;
  };
  const frame = sound(parseEthernet(bytes));
  if (frame.etherType === ETHERTYPE_ARP) return { kind: 'arp', message: sound(parseArp(frame.payload)) };
  if (frame.etherType === ETHERTYPE_IPV4) {
    const { src, dst, protocol, payload } = sound(parseIpv4(frame.payload));
    if (protocol === PROTOCOL_TCP) return { kind: 'tcp', src, dst, segment: sound(parseTcp(payload, src, dst)) };
    if (protocol === PROTOCOL_UDP) return { kind: 'udp', src, dst, datagram: sound(parseUdp(payload, src, dst)) };
    if (protocol === PROTOCOL_ICMP) return { kind: 'icmp', src, dst, message: sound(parseIcmpv4(payload)) };
  }
  if (frame.etherType === ETHERTYPE_IPV6) {
    const { src, dst, nextHeader, payload } = sound(parseIpv6(frame.payload));
    if (nextHeader === PROTOCOL_TCP) return { kind: 'tcp', src, dst, segment: sound(parseTcp(payload, src, dst)) };
    if (nextHeader === PROTOCOL_UDP) return { kind: 'udp', src, dst, datagram: sound(parseUdp(payload, src, dst)) };
    if (nextHeader === PROTOCOL_ICMPV6) {
      return { kind: 'icmpv6', src, dst, message: sound(parseIcmpv6(payload, src, dst)) };
    }
  }
  return { kind: 'other', bytes };
}

/** An address of the internet, which every profile but `offline` opens. */
export const OUTSIDE: IpAddress = '93.184.216.34';

/** Opens a connection as far as both sides are established. @returns the sequence numbers the guest goes on with */
export function connectTcp(
  net: TestNetwork,
  guest: TestGuest,
  address = OUTSIDE,
  dstPort = 80,
): { socket: number; seq: number; ack: number; dstPort: number } {
  guest.sendTcp(address, { dstPort, flags: TCP_SYN, seq: 1000 });
  const { socket } = net.one('tcp-dial');
  net.host({ kind: 'tcp-connected', socket });
  const [synAck] = guest.heardTcp();
  if (synAck?.flags !== (TCP_SYN | TCP_ACK)) throw new Error(`the SYN was answered with ${synAck?.flags ?? 'nothing'}`);
  const ack = (synAck.seq + 1) >>> 0;
  guest.sendTcp(address, { dstPort, flags: TCP_ACK, seq: 1001, ack });
  return { socket, seq: 1001, ack, dstPort };
}
