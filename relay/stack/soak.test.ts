import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { DEFAULT_NETWORK } from '../../src/shared/model/network.ts';
import { GATEWAY_IPV4 } from './addresses.ts';
import { Network } from './network.ts';
import { arpFrame, mutatedFrame, pingFrame, randomFrame, tcpFrame, validFrames } from './soak-frames.fixture.ts';
import { SoakHost } from './soak-host.fixture.ts';
import { seededU32 } from './tcp/lossy-link.ts';
import type { IpAddress } from './wire/address.ts';
import { parseArp } from './wire/arp.ts';
import { ETHERTYPE_ARP, ETHERTYPE_IPV4, parseEthernet } from './wire/ethernet.ts';
import { parseIcmpv4 } from './wire/icmpv4.ts';
import { parseIpv4, PROTOCOL_ICMP, PROTOCOL_TCP } from './wire/ipv4.ts';
import { Malformed } from './wire/malformed.ts';
import { parseTcp, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from './wire/tcp.ts';

const FRAMES = 1_000_000;
/** VMs come and go between rounds; nothing of them may stay. */
const ROUNDS = 10;
const GUESTS = 3;
/** Answers remembered to go on from: connections the host has really opened. */
const SYN_ACKS_MAX = 64;
/** Longer than any timer of the network that ends something. */
const CALM_MS = 60 * 60 * 1000;
/** What the engine's own compiled code and caches may vary by; a leak of one object a frame would be 10 times that. */
const HEAP_TOLERANCE_BYTES = 4 * 1024 * 1024;

interface Opened {
  readonly address: IpAddress;
  readonly srcPort: number;
  readonly dstPort: number;
  seq: number;
  readonly ack: number;
}

/** Guests that mean harm, on a network whose host answers. */
class Soak {
  nowMs = 1000;
  readonly random: () => number;
  readonly network: Network;
  opened = 0;
  /** What the first guest was sent since the last look. */
  heard: Uint8Array[] = [];
  private readonly host: SoakHost;
  private readonly valid = validFrames();
  private synAcks: Opened[] = [];
  private isListening = false;
  private nextPort = 1024;

  constructor(seed: number) {
    this.random = seededU32(seed);
    this.host = new SoakHost(seededU32(seed + 1));
    const randomU32 = seededU32(seed + 2);
    this.network = new Network(
      { randomU32, hostHasIpv6: true, hostAddresses: [], dnsServerCount: 2 },
      { sendFrame: (_link, frame) => this.hear(frame), effect: (effect) => this.host.carryOut(effect) },
    );
  }

  attach(round: number): number[] {
    const ids = Array.from({ length: GUESTS }, (_, index) => round * GUESTS + index + 1);
    ids.forEach((id, index) => {
      // One by itself, the others on a LAN; one of them takes super frames.
      const settings = { ...DEFAULT_NETWORK, lan: index === 0 ? null : 'lab' };
      const maxFrameBytes = index === 1 ? 65_549 : 1514;
      this.network.attach({ id, vm: { id: `vm-${index}`, name: `vm${index}` }, maxFrameBytes, settings }, this.nowMs);
    });
    return ids;
  }

  step(ids: readonly number[]): void {
    const { random } = this;
    this.nowMs += (random() % 64) / 16;
    this.send(ids[random() % ids.length] ?? 0, this.frame());
  }

  send(id: number, frame: Uint8Array): void {
    this.network.receive(id, frame, this.nowMs);
    for (let event = this.host.next(); event; event = this.host.next()) this.network.hostEvent(event, this.nowMs);
    if ((this.network.nextTimerMs() ?? Infinity) <= this.nowMs) this.network.tick(this.nowMs);
  }

  /** What the guest is answered. */
  ask(id: number, frame: Uint8Array): Uint8Array[] {
    this.heard = [];
    this.isListening = true;
    this.send(id, frame);
    this.isListening = false;
    return this.heard;
  }

  calm(): void {
    const untilMs = this.nowMs + CALM_MS;
    for (;;) {
      const nextMs = this.network.nextTimerMs();
      if (nextMs === null || nextMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, nextMs);
      this.network.tick(this.nowMs);
      for (let event = this.host.next(); event; event = this.host.next()) this.network.hostEvent(event, this.nowMs);
    }
    this.nowMs = untilMs;
    this.synAcks = [];
  }

  private frame(): Uint8Array {
    const { random } = this;
    const kind = random() % 8;
    if (kind < 4) return mutatedFrame(this.sound(), this.anyValid(), random);
    if (kind < 6) return randomFrame(random);
    return this.sound().slice();
  }

  private anyValid(): Uint8Array {
    return this.valid[this.random() % this.valid.length] ?? new Uint8Array(0);
  }

  /** A frame with nothing wrong: any, or one that opens a connection, or one of a connection that is open. */
  private sound(): Uint8Array {
    const { random } = this;
    const what = random() % 4;
    if (what === 0) {
      this.nextPort = this.nextPort === 0xffff ? 1024 : this.nextPort + 1;
      return tcpFrame('93.184.216.34', { dstPort: 80, srcPort: this.nextPort, flags: TCP_SYN, seq: random() });
    }
    const opened = this.synAcks[random() % Math.max(1, this.synAcks.length)];
    if (what > 1 || !opened) return this.anyValid();
    const { address, srcPort, dstPort, ack, seq } = opened;
    const payload = new Uint8Array(random() % 1400);
    opened.seq = (seq + payload.length) >>> 0;
    const kinds = [TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK | TCP_FIN, TCP_RST];
    const flags = kinds[random() % kinds.length] ?? TCP_ACK;
    return tcpFrame(address, { srcPort, dstPort, seq, ack, flags, payload, window: random() & 0xffff });
  }

  private hear(bytes: Uint8Array): void {
    if (this.isListening) this.heard.push(bytes);
    const frame = parseEthernet(bytes);
    if (frame instanceof Malformed || frame.etherType !== ETHERTYPE_IPV4) return;
    const packet = parseIpv4(frame.payload);
    if (packet instanceof Malformed || packet.protocol !== PROTOCOL_TCP || packet.fragmentOffsetBytes > 0) return;
    const segment = parseTcp(packet.payload, packet.src, packet.dst);
    if (segment instanceof Malformed || segment.flags !== (TCP_SYN | TCP_ACK)) return;
    this.opened += 1;
    const { srcPort: dstPort, dstPort: srcPort, ack: seq } = segment;
    const entry = { address: packet.src, srcPort, dstPort, seq, ack: (segment.seq + 1) >>> 0 };
    if (this.synAcks.length < SYN_ACKS_MAX) this.synAcks.push(entry);
    else this.synAcks[this.random() % SYN_ACKS_MAX] = entry;
  }
}

function hearsArp(frames: readonly Uint8Array[]): boolean {
  return frames.some((bytes) => {
    const frame = parseEthernet(bytes);
    if (frame instanceof Malformed || frame.etherType !== ETHERTYPE_ARP) return false;
    const message = parseArp(frame.payload);
    return !(message instanceof Malformed) && message.operation === 'reply' && message.senderIp === GATEWAY_IPV4;
  });
}

function hearsPong(frames: readonly Uint8Array[]): boolean {
  return frames.some((bytes) => {
    const frame = parseEthernet(bytes);
    if (frame instanceof Malformed || frame.etherType !== ETHERTYPE_IPV4) return false;
    const packet = parseIpv4(frame.payload);
    if (packet instanceof Malformed || packet.protocol !== PROTOCOL_ICMP) return false;
    const message = parseIcmpv4(packet.payload);
    return !(message instanceof Malformed) && message.kind === 'echo-reply';
  });
}

/** Collects garbage first: the flag takes effect for contexts made after it. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

it('lives through a million random and mutated frames, answers still, and keeps nothing', () => {
  const soak = new Soak(20_261_122);
  const heap: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const ids = soak.attach(round);
    const [first = 0] = ids;
    for (let sent = 0; sent < FRAMES / ROUNDS; sent++) soak.step(ids);
    expect(hearsArp(soak.ask(first, arpFrame(GATEWAY_IPV4)))).toBe(true);
    expect(hearsPong(soak.ask(first, pingFrame(GATEWAY_IPV4)))).toBe(true);
    soak.heard = [];
    for (const id of ids) soak.network.detach(id, soak.nowMs);
    soak.calm();
    expect(soak.network.counts()).toEqual({ links: 0, tcp: 0 });
    expect(soak.network.nextTimerMs()).toBeNull();
    heap.push(heapBytes());
  }
  // It was not all noise: about every fourth frame but for the damaged ones opens a connection or goes on with one.
  expect(soak.opened).toBeGreaterThan(FRAMES / 10);
  // Code is compiled and caches fill in the first rounds.
  const [settled = 0] = heap.slice(2);
  expect(heap.at(-1)).toBeLessThan(settled + HEAP_TOLERANCE_BYTES);
}, 120_000);
