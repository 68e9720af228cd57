import { expect, test } from 'vitest';
import { resetFor } from './connection.ts';
import { bytesOf, MSS, OURS, Scene, segmentOf, THEIRS } from './scripted-peer.ts';

const MIB = 1024 * 1024;

test('accepting: SYN is answered with SYN|ACK, and its ACK establishes', () => {
  const scene = Scene.accepting();
  expect(scene.connection.state).toBe('syn-received');
  expect(scene.takeSent()).toMatchObject([{ flags: 'SA', seq: 0, ack: 1, window: 65_535, options: { mss: MSS } }]);
  scene.send({ seq: 1, ack: 1 });
  expect(scene.events).toEqual(['established']);
  expect(scene.connection.state).toBe('established');
  expect(scene.takeSent()).toEqual([]);
  expect(scene.connection.nextTimerMs()).toBeNull();
});

test('options are offered back only when the peer offered them', () => {
  const plain = Scene.accepting({ receiveBufferBytes: MIB });
  expect(plain.takeSent()[0]!.options).toEqual({ mss: MSS });
  const full = Scene.accepting(
    { receiveBufferBytes: MIB },
    { options: { mss: 1400, windowScale: 7, sackPermitted: true } },
  );
  expect(full.takeSent()[0]!.options).toEqual({ mss: MSS, windowScale: 5, sackPermitted: true });
});

test('connecting: SYN carries all options, SYN|ACK is acknowledged', () => {
  const scene = Scene.connecting({ receiveBufferBytes: MIB });
  const options = { mss: MSS, windowScale: 5, sackPermitted: true };
  expect(scene.takeSent()).toMatchObject([{ flags: 'S', seq: 0, ack: 0, window: 65_535, options }]);
  scene.send({ seq: 0, ack: 1, flags: 'SA', options: { mss: MSS, windowScale: 2 } });
  expect(scene.events).toEqual(['established']);
  // From here on windows are scaled; the SYN's 64 KiB has grown to the whole buffer.
  expect(scene.takeSent()).toMatchObject([{ flags: 'A', seq: 1, ack: 1, window: MIB >> 5 }]);
});

test("the peer's window is scaled, but not the one of its SYN", () => {
  const scene = Scene.connecting();
  scene.send({ seq: 0, ack: 1, flags: 'SA', window: 1000, options: { mss: 500, windowScale: 3 } });
  scene.takeSent();
  scene.write('x'.repeat(5000));
  expect(scene.takeSent().map(({ payload }) => payload.length)).toEqual([500, 500]);
  scene.send({ ack: 1001, window: 300 });
  expect(scene.takeSent().map(({ payload }) => payload.length)).toEqual([500, 500, 500, 500]);
});

test('without an MSS option 536 bytes are sent at a time', () => {
  const scene = Scene.established({}, { options: {} });
  scene.write('x'.repeat(600));
  expect(scene.takeSent().map(({ payload }) => payload.length)).toEqual([536, 64]);
});

test('SYN is retransmitted with back-off and given up after three minutes', () => {
  const scene = Scene.connecting();
  const times: number[] = [];
  scene.takeSent();
  while (scene.connection.state !== 'closed') {
    scene.pass(scene.connection.nextTimerMs()! - scene.nowMs);
    if (scene.takeSent().length > 0) times.push(scene.nowMs);
  }
  expect(times).toEqual([1000, 3000, 7000, 15_000, 31_000, 63_000, 123_000]);
  expect(scene.nowMs).toBe(183_000);
  expect(scene.events).toEqual(['closed timed-out']);
  expect(scene.connection.nextTimerMs()).toBeNull();
});

test('SYN|ACK is retransmitted, and sent again for a repeated SYN', () => {
  const scene = Scene.accepting();
  scene.takeSent();
  scene.pass(1000);
  expect(scene.takeSent()).toMatchObject([{ flags: 'SA', seq: 0, ack: 1 }]);
  scene.send({ seq: 0, flags: 'S' });
  expect(scene.takeSent()).toMatchObject([{ flags: 'SA', seq: 0, ack: 1 }]);
});

test('simultaneous open', () => {
  const scene = Scene.connecting();
  scene.takeSent();
  scene.send({ seq: 0, flags: 'S', options: { mss: MSS } });
  expect(scene.connection.state).toBe('syn-received');
  expect(scene.takeSent()).toMatchObject([{ flags: 'SA', seq: 0, ack: 1 }]);
  scene.send({ seq: 0, ack: 1, flags: 'SA' });
  expect(scene.events).toEqual(['established']);
  expect(scene.takeSent()).toMatchObject([{ flags: 'A', seq: 1, ack: 1 }]);
});

test('SYN-SENT: an ACK of something else is reset, a bare ACK or a blind RST ignored, a good RST taken', () => {
  const scene = Scene.connecting();
  scene.takeSent();
  scene.send({ seq: 0, ack: 5, flags: 'SA' });
  expect(scene.takeSent()).toMatchObject([{ flags: 'R', seq: 5 }]);
  scene.send({ ack: 5, flags: 'RA' }).send({ flags: 'R' }).send({ ack: 1, flags: 'A' });
  expect(scene.takeSent()).toEqual([]);
  expect(scene.connection.state).toBe('syn-sent');
  scene.send({ seq: 0, ack: 1, flags: 'RA' });
  expect(scene.events).toEqual(['closed reset']);
});

test('SYN-RECEIVED: a wrong ACK is reset, a RST ends it', () => {
  const scene = Scene.accepting();
  scene.takeSent();
  scene.send({ ack: 7 });
  expect(scene.takeSent()).toMatchObject([{ flags: 'R', seq: 7 }]);
  expect(scene.connection.state).toBe('syn-received');
  scene.send({ flags: 'R' });
  expect(scene.events).toEqual(['closed reset']);
});

test('data and FIN in the SYN wait for the handshake', () => {
  const scene = Scene.accepting({}, { payload: 'early', flags: 'SF' });
  expect(scene.takeSent()).toMatchObject([{ flags: 'SA', ack: 1 }]);
  expect(scene.events).toEqual([]);
  scene.send({ seq: 1, ack: 1 });
  expect(scene.events).toEqual(['established', 'data early', 'ended']);
  expect(scene.connection.state).toBe('close-wait');
  expect(scene.takeSent()).toMatchObject([{ flags: 'A', ack: 7 }]);
});

test('data and FIN in the SYN|ACK', () => {
  const scene = Scene.connecting();
  scene.takeSent();
  scene.send({ seq: 0, ack: 1, flags: 'SAF', payload: 'hello', options: { mss: MSS } });
  expect(scene.events).toEqual(['established', 'data hello', 'ended']);
  expect(scene.takeSent()).toMatchObject([{ flags: 'A', ack: 7 }]);
});

test('data with the ACK that completes the handshake', () => {
  const scene = Scene.accepting();
  scene.takeSent();
  scene.send({ seq: 1, ack: 1, payload: 'GET /' });
  expect(scene.events).toEqual(['established', 'data GET /']);
});

test('what was queued and ended before the handshake follows it', () => {
  const scene = Scene.connecting();
  scene.write('hi').end();
  scene.takeSent();
  scene.send({ seq: 0, ack: 1, flags: 'SA', options: { mss: MSS } });
  expect(scene.connection.state).toBe('fin-wait-1');
  expect(scene.takeSent()).toMatchObject([{ flags: 'AFP', seq: 1, ack: 1, payload: 'hi' }]);
});

test('after a lost SYN data begins with a timeout of three seconds', () => {
  const scene = Scene.connecting();
  scene.pass(1000);
  scene.send({ seq: 0, ack: 1, flags: 'SA', options: { mss: MSS } });
  scene.write('x');
  expect(scene.connection.nextTimerMs()).toBe(4000);
});

test('a reset for a segment without a connection', () => {
  expect(resetFor(segmentOf({ flags: 'R' }))).toBeNull();
  expect(resetFor(segmentOf({ ack: 77, payload: 'abc' }))).toMatchObject({ seq: OURS + 77, flags: 4 });
  const forSyn = resetFor(segmentOf({ seq: 0, flags: 'SF', payload: 'abc' }));
  expect(forSyn).toMatchObject({ seq: 0, ack: THEIRS + 5, flags: 4 | 16, payloadBytes: 0 });
});

test('aborting a handshake: SYN-SENT is silent, SYN-RECEIVED resets', () => {
  const connecting = Scene.connecting();
  connecting.takeSent();
  connecting.connection.abort(0);
  expect(connecting.takeSent()).toEqual([]);
  expect(connecting.events).toEqual(['closed aborted']);
  const accepting = Scene.accepting();
  accepting.takeSent();
  accepting.connection.abort(0);
  expect(accepting.takeSent()).toMatchObject([{ flags: 'AR', seq: 1, ack: 1 }]);
});

test('nothing is kept of text beyond the window of the SYN', () => {
  const scene = Scene.accepting({ receiveBufferBytes: 4 }, { payload: 'toolong' });
  expect(scene.connection.heldBytes).toBe(4);
  scene.send({ seq: 1 });
  expect(scene.received).toEqual([bytesOf('tool')]);
});
