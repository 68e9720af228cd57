import type { ConnectionRow } from '../../../src/shared/model/network.ts';
import { MTU_BYTES } from '../addresses.ts';
import type { Core, FlowKey } from '../core.ts';
import type { ListenerId, SocketFailure, SocketId } from '../effects.ts';
import { TcpConnection, type TcpOptionsLocal, type TcpPorts } from '../tcp/connection.ts';
import type { Timed } from '../timer-queue.ts';
import { ETHERNET_HEADER_BYTES } from '../wire/ethernet.ts';
import { addressFamily } from '../wire/address.ts';
import { TCP_RST, type TcpSegment } from '../wire/tcp.ts';

/**
 * What the guest may have sent that the host's socket has not taken: its receive window. At 300 MiB/s and the
 * milliseconds between two turns of the event loop less would hold a transfer up.
 */
const RECEIVE_BUFFER_BYTES = 1024 * 1024;
/** What the host's socket may have delivered that the guest has not acknowledged. */
const SEND_BUFFER_BYTES = 1024 * 1024;
/** What a connection has at least, however many the VM has. */
const BUFFER_MIN_BYTES = 64 * 1024;
/** Connections of one VM that get the full buffers; those that come after share what so many may hold. */
const FULL_BUFFERS_MAX = 64;
/** A forwarded connection's peer has been accepted by the host already and waits. */
const KNOCK_TIMEOUT_MS = 20_000;
/** Linux waits as long for the other side's end once nobody reads any more (tcp_fin_timeout). */
const LINGER_MS = 60_000;
/** What the guest sent before it was done must go on to be taken by the host at least this often. */
const DELIVERY_TIMEOUT_MS = 120_000;
/** Above the old connection's last number (RFC 6191 asks for more than it). */
const REPLACEMENT_SEQ_GAP = 0x10000;
const IPV4_AND_TCP_HEADER_BYTES = 40;
const IPV6_AND_TCP_HEADER_BYTES = 60;
/** An IP packet's length has 16 bits. */
const IP_PACKET_MAX_BYTES = 65_535;

/** What a flow asks of the table that holds it. */
export interface TcpFlowOwner {
  /** The connection is over on both sides: forget it. */
  released(flow: TcpFlow): void;
  /** The guest is done with it, but the host's socket still delivers: its ports are free for another connection. */
  delivering(flow: TcpFlow): void;
}

/** Where a flow comes from. */
export interface TcpFlowOrigin {
  readonly socket: SocketId;
  readonly direction: 'out' | 'in';
  /** Why it was allowed, in words. */
  readonly reason: string;
  /** Random when left out. */
  readonly initialSeq?: number;
  /** Connections the VM has besides this one. */
  readonly others: number;
  /** The forwarded port it came through. */
  readonly listener?: ListenerId;
}

/**
 * One TCP connection, ended here on both sides: towards the guest by our own endpoint, towards the world by a socket
 * of the host. Bytes are confirmed to one side only when the other has taken them.
 */
export class TcpFlow implements Timed {
  readonly id: number;
  readonly key: FlowKey;
  readonly socket: SocketId;
  readonly direction: 'out' | 'in';
  readonly listener: ListenerId | null;
  readonly reason: string;
  readonly startedMs: number;
  private readonly initialSeq: number;
  bytesFromGuest = 0;
  bytesToGuest = 0;
  private connection: TcpConnection | null = null;
  private isSocketOpen = true;
  private isReading: boolean;
  private isReleased = false;
  private isDelivering = false;
  private readonly bufferShare: number;
  /** When it is given up although its endpoint would wait on. */
  private deadlineMs = Infinity;
  private readonly core: Core;
  private readonly owner: TcpFlowOwner;

  constructor(core: Core, owner: TcpFlowOwner, key: FlowKey, about: TcpFlowOrigin) {
    this.core = core;
    this.owner = owner;
    this.key = key;
    this.id = core.newId();
    this.socket = about.socket;
    this.direction = about.direction;
    this.listener = about.listener ?? null;
    this.reason = about.reason;
    this.startedMs = core.nowMs;
    this.initialSeq = about.initialSeq ?? core.randomU32();
    this.bufferShare = Math.min(1, FULL_BUFFERS_MAX / (about.others + 1));
    // A connection that came in is not read before the guest has accepted it.
    this.isReading = about.direction === 'out';
  }

  /** The host is connected: now the guest's SYN is answered. */
  accept(syn: TcpSegment): void {
    this.connection = TcpConnection.accept(this.endpoint(), syn, this.ports(), this.core.nowMs);
    this.settle();
  }

  /** Someone came through a forward: knock at the guest. */
  connect(): void {
    this.deadlineMs = this.core.nowMs + KNOCK_TIMEOUT_MS;
    this.connection = TcpConnection.connect(this.endpoint(), this.ports(), this.core.nowMs);
    this.settle();
  }

  receive(segment: TcpSegment): void {
    if (!this.connection) {
      // The guest gave up while the host was still being dialled.
      if ((segment.flags & TCP_RST) !== 0) this.drop();
      return;
    }
    this.connection.receive(segment, this.core.nowMs);
    this.settle();
  }

  /** Both sides are done, and only late segments are waited for. */
  get isInTimeWait(): boolean {
    return this.connection?.state === 'time-wait';
  }

  /** May a new SYN with the same addresses take this flow's place (RFC 9293, 3.6.1)? */
  mayBeReplacedBy(syn: TcpSegment): boolean {
    return this.connection?.mayBeReplacedBy(syn) === true;
  }

  /** Where the sequence numbers of the connection that takes its place begin. */
  get successorSeq(): number {
    return ((this.connection?.sendNext ?? 0) + REPLACEMENT_SEQ_GAP) >>> 0;
  }

  /** The link takes frames of another length now. */
  resize(): void {
    this.connection?.setMaxPayloadBytes(this.endpoint().maxPayloadBytes);
  }

  socketData(bytes: Uint8Array): void {
    if (!this.connection) return;
    this.bytesToGuest += bytes.byteLength;
    this.connection.send(bytes, this.core.nowMs);
    if (this.isReading && this.connection.queuedBytes >= this.bufferBytes(SEND_BUFFER_BYTES)) this.wantReading(false);
    this.settle();
  }

  /** The system has taken that much of what the guest sent: its window opens again. */
  socketSent(byteCount: number): void {
    this.connection?.consumed(byteCount, this.core.nowMs);
    if (this.isDelivering) this.deadlineMs = this.core.nowMs + DELIVERY_TIMEOUT_MS;
    this.settle();
  }

  socketEnded(): void {
    this.connection?.end(this.core.nowMs);
    this.settle();
  }

  socketClosed(failure: SocketFailure | null): void {
    this.isSocketOpen = false;
    if (this.isDelivering) {
      this.release();
      return;
    }
    if (failure !== null) this.connection?.abort(this.core.nowMs);
    else this.connection?.end(this.core.nowMs);
    this.deadlineMs = this.core.nowMs + LINGER_MS;
    this.settle();
  }

  /** Ends both sides at once: the guest gets a reset. */
  abort(): void {
    this.destroySocket();
    this.connection?.abort(this.core.nowMs);
    this.release();
  }

  /** Ends the socket without a word to the guest, which is gone or knows already. */
  drop(): void {
    this.destroySocket();
    this.release();
  }

  nextTimerMs(): number | null {
    const nextMs = Math.min(this.connection?.nextTimerMs() ?? Infinity, this.deadlineMs);
    return this.isReleased || nextMs === Infinity ? null : nextMs;
  }

  tick(nowMs: number): void {
    this.connection?.tick(nowMs);
    if (nowMs >= this.deadlineMs) {
      // A guest that reads slowly, or whose reader waits at a page of `less`, still gets what is left for it.
      if (this.isLeftToRead()) this.deadlineMs = nowMs + LINGER_MS;
      else this.abort();
    }
    this.settle();
  }

  private isLeftToRead(): boolean {
    const { connection } = this;
    return !this.isSocketOpen && connection !== null && connection.queuedBytes > 0;
  }

  row(nowMs: number): ConnectionRow {
    const { link, address, port, guestPort } = this.key;
    const state = this.connection?.state;
    return {
      id: this.id,
      protocol: 'tcp',
      direction: this.direction,
      name: this.direction === 'out' ? (link.namesOf(address)[0] ?? null) : null,
      address,
      port,
      guestPort,
      bytesFromGuest: this.bytesFromGuest,
      bytesToGuest: this.bytesToGuest,
      ageMs: nowMs - this.startedMs,
      verdict: state === undefined || state === 'syn-sent' ? 'dialling' : state === 'established' ? 'open' : 'closing',
      reason: this.reason,
    };
  }

  private bufferBytes(fullBytes: number): number {
    return Math.max(BUFFER_MIN_BYTES, Math.floor(fullBytes * this.bufferShare));
  }

  private endpoint(): TcpOptionsLocal {
    const { link, guestAddress } = this.key;
    const headerBytes = addressFamily(guestAddress) === 4 ? IPV4_AND_TCP_HEADER_BYTES : IPV6_AND_TCP_HEADER_BYTES;
    const largestPacketBytes = Math.min(link.maxFrameBytes - ETHERNET_HEADER_BYTES, IP_PACKET_MAX_BYTES);
    return {
      initialSeq: this.initialSeq,
      mss: MTU_BYTES - headerBytes,
      // Options of data segments take at most 40 bytes more.
      maxPayloadBytes: Math.max(largestPacketBytes - headerBytes - 40, MTU_BYTES - headerBytes),
      receiveBufferBytes: this.bufferBytes(RECEIVE_BUFFER_BYTES),
      sendBufferBytes: this.bufferBytes(SEND_BUFFER_BYTES),
    };
  }

  private ports(): TcpPorts {
    const { link, guestAddress, guestPort, address, port } = this.key;
    const { core, socket } = this;
    return {
      emit: (segment) => core.output.sendTcp(link, address, port, guestAddress, guestPort, segment),
      established: () => {
        this.deadlineMs = Infinity;
        if (!this.isReading) this.wantReading(true);
      },
      data: (bytes) => {
        this.bytesFromGuest += bytes.byteLength;
        if (this.isSocketOpen) core.effect({ kind: 'tcp-send', socket, bytes });
        // Nobody is left to read it (RFC 9293, 3.10.4).
        else this.abort();
      },
      ended: () => {
        if (this.isSocketOpen) core.effect({ kind: 'tcp-end', socket });
      },
      sendSpace: () => {
        if (!this.isReading) this.wantReading(true);
      },
      closed: (reason) => {
        if (reason === 'finished' && this.isSocketOpen) {
          this.deliverRest();
          return;
        }
        this.destroySocket();
        this.release();
      },
    };
  }

  private wantReading(isWanted: boolean): void {
    this.isReading = isWanted;
    if (this.isSocketOpen) this.core.effect({ kind: 'tcp-read', socket: this.socket, isWanted });
  }

  /**
   * After an orderly end the socket still has bytes to deliver, and then closes by itself; but a far side that reads no
   * more must not keep it, and what it holds, for ever.
   */
  private deliverRest(): void {
    this.isDelivering = true;
    this.deadlineMs = this.core.nowMs + DELIVERY_TIMEOUT_MS;
    this.owner.delivering(this);
    this.settle();
  }

  /** For another connection between the same ends. */
  makeWay(): void {
    if (this.isSocketOpen) this.deliverRest();
    else this.release();
  }

  private destroySocket(): void {
    if (!this.isSocketOpen) return;
    this.isSocketOpen = false;
    this.core.effect({ kind: 'tcp-destroy', socket: this.socket });
  }

  private release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    this.core.timers.forget(this);
    this.owner.released(this);
  }

  private settle(): void {
    if (!this.isReleased) this.core.timers.watch(this);
  }
}
