import { GATEWAY_IPV4, GATEWAY_MAC, FIRST_GUEST_IPV4 } from '../../relay/stack/addresses.ts';
import { TcpConnection, type TcpOut } from '../../relay/stack/tcp/connection.ts';
import {
  ETHERNET_HEADER_BYTES,
  ETHERTYPE_IPV4,
  parseEthernet,
  writeEthernetHeader,
} from '../../relay/stack/wire/ethernet.ts';
import { IPV4_HEADER_BYTES, parseIpv4, PROTOCOL_TCP, writeIpv4Header } from '../../relay/stack/wire/ipv4.ts';
import { Malformed } from '../../relay/stack/wire/malformed.ts';
import { finishTcpChecksum, parseTcp, tcpHeaderBytes, writeTcpHeader } from '../../relay/stack/wire/tcp.ts';
import { ETHERNET_FRAME_BYTES } from '../../src/shared/link/frame-link.ts';
import { QUEUE_BYTES, type ByteStream, type Dialler } from './byte-stream.ts';
import { ClientSocket } from './client-socket.ts';

const MAC = '02:00:00:00:00:01';
const MSS = 1460;
/** An IP packet's length has 16 bits; headers and options of TCP are in it. */
const SUPER_PAYLOAD_BYTES = 65_535 - 40 - 40;
/** Half of what Linux allows a connection (`tcp_rmem`), which is what it then announces. */
const RECEIVE_BUFFER_BYTES = 3 * 1024 * 1024;
const FIRST_PORT = 1024;
const TICK_MS = 10;
const TCP_AT = ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES;

/** A guest without a machine: our own TCP on its side, speaking raw frames to the relay. */
export class FakeGuest implements Dialler {
  private readonly socket: ClientSocket;
  private readonly maxFrameBytes: number;
  private readonly connections = new Map<number, TcpConnection>();
  private readonly timer: NodeJS.Timeout;
  private lastPort = FIRST_PORT;

  private constructor(socket: ClientSocket, maxFrameBytes: number) {
    this.socket = socket;
    this.maxFrameBytes = maxFrameBytes;
    socket.ws.on('message', (data) => {
      if (data instanceof Buffer) this.receive(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    });
    this.timer = setInterval(() => {
      const nowMs = performance.now();
      for (const connection of [...this.connections.values()]) {
        if ((connection.nextTimerMs() ?? Infinity) <= nowMs) connection.tick(nowMs);
      }
    }, TICK_MS);
  }

  static async connect(url: string, maxFrameBytes: number): Promise<FakeGuest> {
    const address = new URL(url);
    if (maxFrameBytes !== ETHERNET_FRAME_BYTES) address.searchParams.set('maxFrame', String(maxFrameBytes));
    return new FakeGuest(await ClientSocket.open(address.href), maxFrameBytes);
  }

  close(): void {
    clearInterval(this.timer);
    this.socket.ws.terminate();
  }

  /** A connection to a port of the host, as 10.0.2.2. */
  open(port: number): Promise<ByteStream> {
    this.lastPort = this.lastPort === 0xffff ? FIRST_PORT : this.lastPort + 1;
    const guestPort = this.lastPort;
    return new Promise((resolve, reject) => {
      let isOpen = false;
      const stream: ByteStream = {
        send: (bytes) => connection.send(bytes, performance.now()),
        get queuedBytes() {
          return connection.queuedBytes;
        },
        end: () => connection.end(performance.now()),
        abort: () => connection.abort(performance.now()),
        onData: () => undefined,
        onEnd: () => undefined,
        onSpace: () => undefined,
        onFailure: () => undefined,
      };
      const connection = TcpConnection.connect(
        {
          initialSeq: (Math.random() * 2 ** 32) >>> 0,
          mss: MSS,
          maxPayloadBytes: this.maxFrameBytes === ETHERNET_FRAME_BYTES ? MSS : SUPER_PAYLOAD_BYTES,
          receiveBufferBytes: RECEIVE_BUFFER_BYTES,
          sendBufferBytes: QUEUE_BYTES,
        },
        {
          emit: (segment) => this.emit(guestPort, port, segment),
          established: () => {
            isOpen = true;
            resolve(stream);
          },
          data: (bytes) => {
            stream.onData(bytes);
            connection.consumed(bytes.byteLength, performance.now());
          },
          ended: () => stream.onEnd(),
          sendSpace: () => stream.onSpace(),
          closed: (reason) => {
            this.connections.delete(guestPort);
            if (!isOpen) reject(new Error(`no connection: ${reason}`));
            else if (reason !== 'finished') stream.onFailure(reason);
          },
        },
        performance.now(),
      );
      this.connections.set(guestPort, connection);
    });
  }

  private emit(srcPort: number, dstPort: number, segment: TcpOut): void {
    const tcpBytes = tcpHeaderBytes(segment.options) + segment.payloadBytes;
    const frame = Buffer.allocUnsafe(TCP_AT + tcpBytes);
    writeEthernetHeader(frame, 0, { dst: GATEWAY_MAC, src: MAC, etherType: ETHERTYPE_IPV4 });
    writeIpv4Header(frame, ETHERNET_HEADER_BYTES, {
      src: FIRST_GUEST_IPV4,
      dst: GATEWAY_IPV4,
      protocol: PROTOCOL_TCP,
      ttl: 64,
      identification: 0,
      dontFragment: true,
      moreFragments: false,
      fragmentOffsetBytes: 0,
      tos: 0,
      payloadBytes: tcpBytes,
    });
    const { seq, ack, flags, window, options } = segment;
    const headerBytes = writeTcpHeader(frame, TCP_AT, {
      srcPort,
      dstPort,
      seq,
      ack,
      flags,
      window,
      urgent: 0,
      options,
    });
    segment.copyPayload(frame, TCP_AT + headerBytes);
    finishTcpChecksum(frame, TCP_AT, tcpBytes, FIRST_GUEST_IPV4, GATEWAY_IPV4);
    this.socket.send(frame);
  }

  private receive(bytes: Uint8Array): void {
    const frame = parseEthernet(bytes);
    if (frame instanceof Malformed) throw new Error(frame.reason);
    if (frame.etherType !== ETHERTYPE_IPV4) return;
    const packet = parseIpv4(frame.payload);
    if (packet instanceof Malformed) throw new Error(packet.reason);
    if (packet.protocol !== PROTOCOL_TCP) return;
    const segment = parseTcp(packet.payload, packet.src, packet.dst);
    if (segment instanceof Malformed) throw new Error(segment.reason);
    const connection = this.connections.get(segment.dstPort);
    if (!connection) return;
    connection.receive(segment, performance.now());
    // Its last ACK is on its way, and on this link nothing is lost.
    if (connection.state === 'time-wait') this.connections.delete(segment.dstPort);
  }
}
