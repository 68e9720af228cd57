import { DNS_IPV4, DNS_IPV6, MTU_BYTES } from '../addresses.ts';
import { flowKeyText, type Core, type IpPacket } from '../core.ts';
import { DnsForwarder, type DnsClient } from '../dns/forwarder.ts';
import { DnsTcpFramer, frameDnsOverTcp } from '../dns/tcp-framer.ts';
import type { HostEvent } from '../effects.ts';
import type { GuestLink } from '../link.ts';
import { resetFor, TcpConnection } from '../tcp/connection.ts';
import type { Timed } from '../timer-queue.ts';
import type { IpAddress } from '../wire/address.ts';
import { TCP_ACK, TCP_RST, TCP_SYN, type TcpSegment } from '../wire/tcp.ts';
import type { UdpDatagram } from '../wire/udp.ts';

const DNS_PORT = 53;
/** DNS over TCP is for long answers, one connection at a time. */
const SESSIONS_PER_LINK_MAX = 16;
/** Longer than any answer takes (RFC 7766, 6.2.3 leaves it to the server). */
const SESSION_IDLE_MS = 30_000;
/** A query has at most 64 KiB. */
const BUFFER_BYTES = 128 * 1024;
const HEADERS_BYTES = 60;

interface Session extends Timed {
  readonly connection: TcpConnection;
  close(): void;
}

/** The DNS server the guests know, over UDP and TCP. */
export class DnsService {
  private readonly core: Core;
  private readonly forwarder: DnsForwarder;
  private readonly sessions = new Map<GuestLink, Map<string, Session>>();
  private readonly links = new Map<number, GuestLink>();

  constructor(core: Core, serverCount: number) {
    this.core = core;
    this.forwarder = new DnsForwarder({
      serverCount,
      randomU32: () => core.randomU32(),
      ask: (question) => {
        const socket = core.newId();
        core.effect({ kind: 'dns-ask', socket, ...question });
        return socket;
      },
      cancel: (socket) => core.effect({ kind: 'dns-cancel', socket }),
      onAnswer: (link, name, addresses) => this.links.get(link)?.learnName(name, addresses),
    });
  }

  owns(dst: IpAddress, port: number): boolean {
    return port === DNS_PORT && (dst === DNS_IPV4 || dst === DNS_IPV6);
  }

  receiveUdp(link: GuestLink, packet: IpPacket, datagram: UdpDatagram): void {
    const { src, dst } = packet;
    this.query(link, 'udp', datagram.payload, (answer) => {
      this.core.output.sendUdp(link, dst, DNS_PORT, src, datagram.srcPort, answer);
    });
  }

  receiveTcp(link: GuestLink, guest: IpAddress, server: IpAddress, segment: TcpSegment): void {
    const { core } = this;
    const sessions = this.sessionsOf(link);
    const keyText = flowKeyText(guest, segment.srcPort, server, DNS_PORT);
    const session = sessions.get(keyText);
    if (session) {
      session.connection.receive(segment, core.nowMs);
      if (sessions.get(keyText) === session) core.timers.watch(session);
      return;
    }
    const isSyn = (segment.flags & (TCP_SYN | TCP_ACK | TCP_RST)) === TCP_SYN;
    if (!isSyn) {
      const reset = resetFor(segment);
      if (reset) core.output.sendTcp(link, server, DNS_PORT, guest, segment.srcPort, reset);
      return;
    }
    if (sessions.size >= SESSIONS_PER_LINK_MAX) {
      link.counters.droppedFrames += 1;
      return;
    }
    this.open(link, sessions, keyText, { guest, server, syn: segment });
  }

  hostEvent(event: Extract<HostEvent, { kind: 'dns-answer' | 'dns-failed' }>): void {
    if (event.kind === 'dns-answer') this.forwarder.answer(event.socket, event.message, this.core.nowMs);
    else this.forwarder.failed(event.socket, this.core.nowMs);
    this.core.timers.watch(this.forwarder);
  }

  /** Other servers may say other things. */
  forgetAnswers(): void {
    this.forwarder.clearCache();
  }

  dropLink(link: GuestLink): void {
    for (const session of [...this.sessionsOf(link).values()]) session.close();
    this.sessions.delete(link);
    this.links.delete(link.id);
    this.forwarder.dropLink(link.id);
  }

  private query(
    link: GuestLink,
    transport: 'udp' | 'tcp',
    message: Uint8Array,
    reply: (answer: Uint8Array) => void,
  ): void {
    this.links.set(link.id, link);
    link.counters.dnsQueries += 1;
    const client: DnsClient = {
      link: link.id,
      transport,
      isAllowed: (name) => link.policy.decideName(name).verdict === 'allow',
      localNames: (name) => link.segment.localAddresses(name),
      localAddressName: (address) => link.segment.nameOf(address),
    };
    this.forwarder.query(
      message,
      client,
      // An answer may come after the VM was unplugged.
      (answer) => {
        if (this.links.get(link.id) === link) reply(answer);
      },
      this.core.nowMs,
    );
    this.core.timers.watch(this.forwarder);
  }

  private open(
    link: GuestLink,
    sessions: Map<string, Session>,
    keyText: string,
    { guest, server, syn }: { guest: IpAddress; server: IpAddress; syn: TcpSegment },
  ): void {
    const { core } = this;
    const framer = new DnsTcpFramer();
    let lastUsedMs = core.nowMs;
    const close = (): void => {
      core.timers.forget(session);
      if (sessions.get(keyText) === session) sessions.delete(keyText);
    };
    const mss = MTU_BYTES - HEADERS_BYTES;
    const connection = TcpConnection.accept(
      {
        initialSeq: core.randomU32(),
        mss,
        maxPayloadBytes: mss,
        receiveBufferBytes: BUFFER_BYTES,
        sendBufferBytes: BUFFER_BYTES,
      },
      syn,
      {
        emit: (segment) => core.output.sendTcp(link, server, DNS_PORT, guest, syn.srcPort, segment),
        established: () => undefined,
        data: (bytes) => {
          lastUsedMs = core.nowMs;
          const messages = framer.push(bytes);
          connection.consumed(bytes.byteLength, core.nowMs);
          if (!messages) {
            connection.abort(core.nowMs);
            return;
          }
          for (const message of messages) {
            this.query(link, 'tcp', message, (answer) => {
              if (sessions.get(keyText) !== session || connection.queuedBytes > BUFFER_BYTES) return;
              connection.send(frameDnsOverTcp(answer), core.nowMs);
              core.timers.watch(session);
            });
          }
        },
        ended: () => connection.end(core.nowMs),
        sendSpace: () => undefined,
        closed: close,
      },
      core.nowMs,
    );
    const session: Session = {
      connection,
      close,
      nextTimerMs: () => Math.min(connection.nextTimerMs() ?? Infinity, lastUsedMs + SESSION_IDLE_MS),
      tick: (nowMs) => {
        connection.tick(nowMs);
        if (nowMs - lastUsedMs >= SESSION_IDLE_MS && sessions.get(keyText) === session) connection.abort(nowMs);
      },
    };
    sessions.set(keyText, session);
    core.timers.watch(session);
  }

  private sessionsOf(link: GuestLink): Map<string, Session> {
    let sessions = this.sessions.get(link);
    if (!sessions) {
      sessions = new Map();
      this.sessions.set(link, sessions);
    }
    return sessions;
  }
}
