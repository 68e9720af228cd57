import { expect, test } from 'vitest';
import { TCP_SYN, type TcpSegment } from '../wire/tcp.ts';
import { TcpConnection, type TcpOut, type TcpPorts } from './connection.ts';

const WRAPS = 65_536;
const STREAM_BYTES = 5_000;
const STREAM = Uint8Array.from({ length: STREAM_BYTES }, (_, at) => (at * 7) % 251);

interface End {
  connection: TcpConnection | null;
  readonly ports: TcpPorts;
  readonly received: Uint8Array;
  receivedBytes: number;
  hasEnded: boolean;
}

/** Segments on their way, with whom they are for: carried one after another, so that nothing recurses. */
type Wire = { to: () => End; segment: TcpSegment }[];

function end(wire: Wire, other: () => End): End {
  const self: End = {
    connection: null,
    received: new Uint8Array(STREAM_BYTES),
    receivedBytes: 0,
    hasEnded: false,
    ports: {
      emit: (out) => wire.push({ to: other, segment: asSegment(out) }),
      established: () => {
        self.connection?.send(STREAM, 0);
        self.connection?.end(0);
      },
      data: (bytes) => {
        self.received.set(bytes, self.receivedBytes);
        self.receivedBytes += bytes.byteLength;
        self.connection?.consumed(bytes.byteLength, 0);
      },
      ended: () => {
        self.hasEnded = true;
      },
      sendSpace: () => undefined,
      closed: () => undefined,
    },
  };
  return self;
}

function asSegment(out: TcpOut): TcpSegment {
  const { seq, ack, flags, window, options } = out;
  const payload = new Uint8Array(out.payloadBytes);
  out.copyPayload(payload, 0);
  return { srcPort: 1, dstPort: 2, seq, ack, flags, window, urgent: 0, options, payload };
}

const local = (initialSeq: number) => ({
  initialSeq,
  mss: 1460,
  maxPayloadBytes: 1460,
  receiveBufferBytes: 65_536,
  sendBufferBytes: 65_536,
});

test('streams arrive whole over 64 k wraps of the sequence numbers, in both directions', () => {
  let wrapped = 0;
  for (let i = 0; i < WRAPS; i += 1) {
    // The wrap comes at every place of the stream, in the SYN and behind the FIN; each side's at another one.
    const distances = [i % (STREAM_BYTES + 2), (i * 31) % (STREAM_BYTES + 2)] as const;
    const [clientSeq, serverSeq] = distances.map((distance) => (2 ** 32 - 1 - distance) >>> 0) as [number, number];
    const wire: Wire = [];
    const client: End = end(wire, () => server);
    const server: End = end(wire, () => client);
    client.connection = TcpConnection.connect(local(clientSeq), client.ports, 0);
    for (let next = wire.shift(); next; next = wire.shift()) {
      const target = next.to();
      if (target.connection) target.connection.receive(next.segment, 0);
      else if ((next.segment.flags & TCP_SYN) !== 0) {
        target.connection = TcpConnection.accept(local(serverSeq), next.segment, target.ports, 0);
      }
      // A delayed acknowledgement is the only thing that time is needed for.
      if (wire.length === 0) for (const each of [client, server]) each.connection?.tick(40);
    }
    for (const each of [client, server]) {
      if (!each.hasEnded || each.receivedBytes !== STREAM_BYTES || !isStream(each.received)) {
        throw new Error(`connection ${i} (sequence numbers from ${clientSeq} and ${serverSeq}) did not arrive whole`);
      }
    }
    wrapped += 2;
  }
  expect(wrapped).toBe(2 * WRAPS);
});

function isStream(bytes: Uint8Array): boolean {
  return Buffer.compare(bytes, STREAM) === 0;
}
