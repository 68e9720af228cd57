import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { TCP_SYN, type TcpSegment } from '../wire/tcp.ts';
import { resetFor, TcpConnection, type TcpOptionsLocal, type TcpPorts } from './connection.ts';
import { LossyLink, seededU32, VirtualClock, type Weather } from './lossy-link.ts';

/** The byte at each position of a stream; its period is no power of two, so a slipped segment shows. */
function byteAt(position: number): number {
  return (position % 251) ^ ((position >> 8) % 7);
}

/** An application that sends so many bytes, then ends, and consumes slowly what it gets. */
class Application {
  connection: TcpConnection | null = null;
  readonly local: TcpOptionsLocal;
  receivedBytes = 0;
  sentBytes = 0;
  hasEnded = false;
  closed: string | null = null;
  mostHeldBytes = 0;
  mostQueuedBytes = 0;
  private readonly clock: VirtualClock;
  private readonly totalBytes: number;
  private readonly consumeDelayMs: number;
  private readonly random: () => number;

  constructor(clock: VirtualClock, local: TcpOptionsLocal, totalBytes: number, consumeDelayMs: number, seed: number) {
    this.clock = clock;
    this.local = local;
    this.totalBytes = totalBytes;
    this.consumeDelayMs = consumeDelayMs;
    this.random = seededU32(seed);
  }

  ports(link: LossyLink): TcpPorts {
    return {
      emit: (segment) => link.carry(segment),
      established: () => this.clock.after(0, () => this.write()),
      data: (bytes) => this.take(bytes),
      ended: () => {
        expect(this.hasEnded).toBe(false);
        this.hasEnded = true;
      },
      sendSpace: () => this.write(),
      closed: (reason) => {
        expect(this.closed).toBeNull();
        this.closed = reason;
      },
    };
  }

  observe(): void {
    if (!this.connection) return;
    this.mostHeldBytes = Math.max(this.mostHeldBytes, this.connection.heldBytes);
    this.mostQueuedBytes = Math.max(this.mostQueuedBytes, this.connection.queuedBytes);
  }

  private write(): void {
    const { connection } = this;
    if (!connection) return;
    while (this.sentBytes < this.totalBytes && connection.queuedBytes < this.local.sendBufferBytes) {
      const length = Math.min(this.totalBytes - this.sentBytes, 1 + (this.random() % 5000));
      const start = this.sentBytes;
      this.sentBytes += length;
      const chunk = Uint8Array.from({ length }, (_, index) => byteAt(start + index));
      connection.send(chunk, this.clock.nowMs);
    }
    if (this.sentBytes === this.totalBytes) connection.end(this.clock.nowMs);
  }

  private take(bytes: Uint8Array): void {
    expect(this.hasEnded).toBe(false);
    for (const byte of bytes) {
      if (byte !== byteAt(this.receivedBytes++)) throw new Error(`Wrong byte at ${this.receivedBytes - 1}.`);
    }
    const length = bytes.length;
    this.clock.after(this.random() % (this.consumeDelayMs + 1), () => {
      this.connection?.consumed(length, this.clock.nowMs);
    });
  }
}

interface Run {
  seed: number;
  weather: Weather;
  client: TcpOptionsLocal & { totalBytes: number; consumeDelayMs: number };
  server: TcpOptionsLocal & { totalBytes: number; consumeDelayMs: number };
}

function run({ seed, weather, client, server }: Run): { client: Application; server: Application; tookMs: number } {
  const clock = new VirtualClock();
  const left = new Application(clock, client, client.totalBytes, client.consumeDelayMs, seed + 1);
  const right = new Application(clock, server, server.totalBytes, server.consumeDelayMs, seed + 2);
  const toLeft = new LossyLink(clock, weather, seed + 3, (segment) => arrive(left, segment, toRight));
  const toRight: LossyLink = new LossyLink(clock, weather, seed + 4, (segment) => {
    if (!right.connection && segment.flags === TCP_SYN) {
      right.connection = TcpConnection.accept(right.local, segment, right.ports(toLeft), clock.nowMs);
      return;
    }
    arrive(right, segment, toLeft);
  });
  /** What the core does: a connection takes its segments, anything else is reset. */
  function arrive(application: Application, segment: TcpSegment, back: LossyLink): void {
    if (application.connection && application.closed === null) {
      application.connection.receive(segment, clock.nowMs);
      return;
    }
    const reset = resetFor(segment);
    if (reset) back.carry(reset);
  }
  left.connection = TcpConnection.connect(left.local, left.ports(toRight), clock.nowMs);
  for (let events = 0; ; events++) {
    if (events > 500_000) throw new Error(`Not done after ${events} events and ${clock.nowMs} ms.`);
    const timers = [left, right].map(({ connection }) => connection?.nextTimerMs() ?? Infinity);
    const atMs = Math.min(clock.nextMs, ...timers);
    if (atMs === Infinity) break;
    if (clock.nextMs <= atMs) {
      clock.runNext();
    } else {
      clock.nowMs = Math.max(clock.nowMs, atMs);
      for (const { connection } of [left, right]) connection?.tick(clock.nowMs);
    }
    left.observe();
    right.observe();
  }
  return { client: left, server: right, tookMs: clock.nowMs };
}

const mss = fc.integer({ min: 100, max: 1460 });
const initialSeq = fc.oneof(
  fc.integer({ min: 1, max: 150_000 }).map((below) => 2 ** 32 - below),
  fc.integer({ min: 1, max: 150_000 }).map((below) => 2 ** 31 - below),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
);
const side = fc
  .record({
    initialSeq,
    mss,
    superFactor: fc.integer({ min: 1, max: 40 }),
    receiveBufferBytes: fc.oneof(fc.integer({ min: 500, max: 20_000 }), fc.constantFrom(65_536, 262_144, 1_048_576)),
    sendBufferBytes: fc.integer({ min: 1000, max: 200_000 }),
    totalBytes: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 200_000 })),
    consumeDelayMs: fc.constantFrom(0, 5, 100),
  })
  .map(({ superFactor, ...rest }) => ({ ...rest, maxPayloadBytes: rest.mss * superFactor }));
const weather = fc.record({
  lossPercent: fc.constantFrom(0, 1, 5, 20),
  duplicatePercent: fc.constantFrom(0, 5, 20),
  reorderPercent: fc.constantFrom(0, 5, 50),
  delayMs: fc.integer({ min: 0, max: 20 }),
  stripsSack: fc.boolean(),
  stripsWindowScale: fc.boolean(),
});

test('over any link every byte arrives once and in order, both ends close, and no timer is left', () => {
  fc.assert(
    fc.property(fc.record({ seed: fc.nat(), weather, client: side, server: side }), (parameters) => {
      const { client, server } = run(parameters);
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        expect(to.receivedBytes).toBe(from === client ? parameters.client.totalBytes : parameters.server.totalBytes);
        expect(to.hasEnded).toBe(true);
        expect(to.connection!.nextTimerMs()).toBeNull();
        expect(to.connection!.queuedBytes).toBe(0);
        expect(to.mostHeldBytes).toBeLessThanOrEqual(to.local.receiveBufferBytes);
        expect(to.mostQueuedBytes).toBeLessThan(to.local.sendBufferBytes + 5000);
      }
      // The last ACK may be lost for longer than TIME-WAIT; then the FIN of the other side meets nobody.
      const reasons = [client.closed, server.closed].sort();
      expect([
        ['finished', 'finished'],
        ['finished', 'reset'],
      ]).toContainEqual(reasons);
    }),
    { numRuns: 120 },
  );
});

test('a clean link needs no timeout: a megabyte each way in few round trips', () => {
  const clear: Weather = {
    lossPercent: 0,
    duplicatePercent: 0,
    reorderPercent: 0,
    delayMs: 1,
    stripsSack: false,
    stripsWindowScale: false,
  };
  const local = {
    mss: 1460,
    maxPayloadBytes: 64_240,
    receiveBufferBytes: 1_048_576,
    sendBufferBytes: 1_048_576,
    totalBytes: 4_000_000,
    consumeDelayMs: 0,
  };
  const { client, server, tookMs } = run({
    seed: 1,
    weather: clear,
    client: { ...local, initialSeq: 2 ** 32 - 1000 },
    server: { ...local, initialSeq: 2 ** 32 - 2_000_000 },
  });
  expect([client.receivedBytes, server.receivedBytes]).toEqual([4_000_000, 4_000_000]);
  expect(tookMs).toBeLessThan(10_000 + 60);
});
