import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TcpOptions, TcpSegment } from '../wire/tcp.ts';
import { resetFor, TcpConnection } from './connection.ts';
import { seqAdd } from './seqnum.ts';

/** The peer's text as a function of its sequence number, so that what is delivered can be checked by position alone. */
function byteOf(seq: number): number {
  return (seq ^ (seq >>> 8) ^ (seq >>> 16)) & 0xff;
}

const BUFFER_BYTES = 5000;
const near = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -20, max: 6000 }) },
  { weight: 1, arbitrary: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }) },
);
const options: fc.Arbitrary<TcpOptions> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.record({
      mss: fc.integer({ min: 0, max: 65_535 }),
      windowScale: fc.integer({ min: 0, max: 255 }),
      sackPermitted: fc.constant(true as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      sack: fc.array(fc.tuple(near, near).map(([left, right]): [number, number] => [left >>> 0, right >>> 0])),
    }),
  },
);
const action = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('segment' as const),
      seq: near,
      ack: near,
      flags: fc.oneof(fc.constant(16), fc.constant(17), fc.constant(24), fc.integer({ min: 0, max: 255 })),
      length: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 3000 })),
      window: fc.integer({ min: 0, max: 65_535 }),
      options,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('send' as const), length: fc.integer({ min: 0, max: 9000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 5000 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('consume' as const), byteCount: fc.nat(4000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('end' as const, 'abort' as const) }) },
);

test('arbitrary segments never throw, never deliver a byte twice or out of place, and never grow memory', () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.nat(0xffff_ffff),
      fc.nat(0xffff_ffff),
      fc.integer({ min: 1, max: 1460 }),
      fc.array(action, { maxLength: 60 }),
      (isAccepting, ours, theirs, mss, actions) => {
        let nowMs = 0;
        let next = seqAdd(theirs, 1);
        let closed = 0;
        const local = {
          initialSeq: ours,
          mss,
          maxPayloadBytes: 5 * mss,
          receiveBufferBytes: BUFFER_BYTES,
          sendBufferBytes: 9000,
        };
        const segment = (fields: Partial<TcpSegment>): TcpSegment => ({
          ...{ srcPort: 1, dstPort: 2, seq: theirs, ack: 0, flags: 2, window: 1000, urgent: 0 },
          ...{ options: { mss: 1000 }, payload: new Uint8Array() },
          ...fields,
        });
        let unconsumed = 0;
        const ports = {
          emit(out: { payloadBytes: number; copyPayload(target: Uint8Array, at: number): void }) {
            expect(closed).toBe(0);
            out.copyPayload(new Uint8Array(out.payloadBytes), 0);
          },
          established: () => expect(closed).toBe(0),
          data(bytes: Uint8Array) {
            expect(closed).toBe(0);
            for (const byte of bytes) {
              expect(byte).toBe(byteOf(next));
              next = seqAdd(next, 1);
            }
            unconsumed += bytes.length;
          },
          ended: () => expect(closed).toBe(0),
          sendSpace: () => expect(closed).toBe(0),
          closed: () => closed++,
        };
        const connection = isAccepting
          ? TcpConnection.accept(local, segment({}), ports, nowMs)
          : TcpConnection.connect(local, ports, nowMs);
        // Half of the runs get past the handshake, where most of the code is.
        const hello = isAccepting ? { seq: seqAdd(theirs, 1), flags: 16 } : { flags: 18 };
        if (mss % 2 === 0) connection.receive(segment({ ...hello, ack: seqAdd(ours, 1) }), nowMs);
        for (const each of actions) {
          if (each.kind === 'segment') {
            // The other SYNs would give the peer another beginning, and the text's function with it another meaning.
            const seq = connection.state === 'syn-sent' ? theirs : seqAdd(theirs, each.seq);
            const first = seqAdd(seq, (each.flags >> 1) & 1);
            const payload = Uint8Array.from({ length: each.length }, (_, index) => byteOf(seqAdd(first, index)));
            const { flags, window } = each;
            const arrived = segment({
              seq,
              ack: seqAdd(ours, each.ack),
              flags,
              window,
              options: each.options,
              payload,
            });
            resetFor(arrived);
            connection.receive(arrived, nowMs);
          } else if (each.kind === 'send') {
            connection.send(new Uint8Array(each.length), nowMs);
          } else if (each.kind === 'pass') {
            nowMs += each.ms;
            connection.tick(nowMs);
          } else if (each.kind === 'consume') {
            const byteCount = Math.min(unconsumed, each.byteCount);
            unconsumed -= byteCount;
            connection.consumed(byteCount, nowMs);
          } else if (each.kind === 'end') {
            connection.end(nowMs);
          } else {
            connection.abort(nowMs);
          }
          expect(connection.heldBytes).toBeLessThanOrEqual(BUFFER_BYTES);
          expect(closed).toBe(connection.state === 'closed' ? 1 : 0);
          if (closed) expect(connection.nextTimerMs()).toBeNull();
        }
      },
    ),
    { numRuns: 2000 },
  );
});
