import type { FrameLink } from '../src/shared/link/frame-link.ts';
import { GATEWAY_MAC } from './stack/addresses.ts';
import { TcpConnection, type CloseReason } from './stack/tcp/connection.ts';
import { parseArp, emitArp } from './stack/wire/arp.ts';
import { emitEthernet, ETHERTYPE_ARP, ETHERTYPE_IPV4, parseEthernet } from './stack/wire/ethernet.ts';
import { emitIpv4, parseIpv4, PROTOCOL_TCP } from './stack/wire/ipv4.ts';
import { Malformed } from './stack/wire/malformed.ts';
import { emitTcp, parseTcp } from './stack/wire/tcp.ts';

const ADDRESS = '10.0.2.15';
const MAC = '02:00:00:00:00:01';
const WINDOW_BYTES = 1024 * 1024;

/** One TCP connection of a {@link FrameGuest}, and what came of it. */
export interface GuestTcp {
  readonly connection: TcpConnection;
  readonly received: Uint8Array[];
  isEstablished: boolean;
  hasEnded: boolean;
  closed: CloseReason | null;
  /** Text received. */
  text(): string;
}

/** A guest made of frames on a real link, with our own TCP on its side. */
export class FrameGuest {
  readonly link: FrameLink;
  readonly arpReplies: string[] = [];
  /** Connections the guest takes from outside go here. */
  onConnection: (tcp: GuestTcp) => void = () => undefined;
  readonly #tcp = new Map<string, GuestTcp>();
  readonly #timer: NodeJS.Timeout;
  readonly #mss: number;

  /** @param mss larger than 1460 for a network card that takes super segments */
  constructor(link: FrameLink, mss = 1460) {
    this.link = link;
    this.#mss = mss;
    link.onFrame((frame) => this.#receive(frame));
    this.#timer = setInterval(() => {
      for (const { connection } of this.#tcp.values()) connection.tick(performance.now());
    }, 10);
  }

  close(): void {
    clearInterval(this.#timer);
    this.link.close();
  }

  askForGateway(address = '10.0.2.2'): void {
    const message = {
      operation: 'request' as const,
      senderMac: MAC,
      senderIp: ADDRESS,
      targetMac: '00:00:00:00:00:00',
      targetIp: address,
    };
    this.link.send(
      emitEthernet({ dst: 'ff:ff:ff:ff:ff:ff', src: MAC, etherType: ETHERTYPE_ARP, payload: emitArp(message) }),
    );
  }

  connect(address: string, port: number, guestPort: number): GuestTcp {
    return this.#open(address, port, guestPort, (local, ports) =>
      TcpConnection.connect(local, ports, performance.now()),
    );
  }

  #open(
    address: string,
    port: number,
    guestPort: number,
    begin: (
      ...args: [Parameters<typeof TcpConnection.connect>[0], Parameters<typeof TcpConnection.connect>[1]]
    ) => TcpConnection,
  ): GuestTcp {
    const key = `${address}|${port}|${guestPort}`;
    const received: Uint8Array[] = [];
    const state: Omit<GuestTcp, 'connection'> = {
      received,
      isEstablished: false,
      hasEnded: false,
      closed: null,
      text: () => Buffer.concat(received).toString(),
    };
    const tcp = state as GuestTcp;
    const connection = begin(
      {
        initialSeq: 1000,
        mss: 1460,
        maxPayloadBytes: this.#mss,
        receiveBufferBytes: WINDOW_BYTES,
        sendBufferBytes: WINDOW_BYTES,
      },
      {
        emit: (out) => {
          const payload = new Uint8Array(out.payloadBytes);
          out.copyPayload(payload, 0);
          const segment = { ...out, srcPort: guestPort, dstPort: port, urgent: 0, payload };
          this.#sendIp(address, emitTcp(segment, ADDRESS, address));
        },
        established: () => (tcp.isEstablished = true),
        data: (bytes) => {
          received.push(bytes);
          queueMicrotask(() => connection.consumed(bytes.byteLength, performance.now()));
        },
        ended: () => (tcp.hasEnded = true),
        sendSpace: () => undefined,
        closed: (reason) => {
          tcp.closed = reason;
          this.#tcp.delete(key);
        },
      },
    );
    Object.assign(tcp, { connection });
    this.#tcp.set(key, tcp);
    return tcp;
  }

  #sendIp(dst: string, payload: Uint8Array): void {
    const packet = emitIpv4({
      src: ADDRESS,
      dst,
      protocol: PROTOCOL_TCP,
      ttl: 64,
      identification: 1,
      dontFragment: true,
      moreFragments: false,
      fragmentOffsetBytes: 0,
      tos: 0,
      options: new Uint8Array(0),
      payload,
    });
    this.link.send(emitEthernet({ dst: GATEWAY_MAC, src: MAC, etherType: ETHERTYPE_IPV4, payload: packet }));
  }

  #receive(bytes: Uint8Array): void {
    const frame = parseEthernet(bytes);
    if (frame instanceof Malformed) throw new Error(frame.reason);
    if (frame.etherType === ETHERTYPE_ARP) {
      const arp = parseArp(frame.payload);
      if (!(arp instanceof Malformed) && arp.operation === 'reply') this.arpReplies.push(arp.senderMac);
      return;
    }
    if (frame.etherType !== ETHERTYPE_IPV4) return;
    const packet = parseIpv4(frame.payload);
    if (packet instanceof Malformed || packet.protocol !== PROTOCOL_TCP) return;
    const segment = parseTcp(packet.payload, packet.src, packet.dst);
    if (segment instanceof Malformed) throw new Error(segment.reason);
    const known = this.#tcp.get(`${packet.src}|${segment.srcPort}|${segment.dstPort}`);
    if (known) known.connection.receive(segment, performance.now());
    else if (segment.flags === 2) {
      const accepted = this.#open(packet.src, segment.srcPort, segment.dstPort, (local, ports) =>
        TcpConnection.accept(local, segment, ports, performance.now()),
      );
      this.onConnection(accepted);
    }
  }
}

export async function until(isReached: () => boolean, timeoutMs = 10_000): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!isReached()) {
    if (Date.now() > endMs) throw new Error('not reached in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
