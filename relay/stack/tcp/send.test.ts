import { expect, test } from 'vitest';
import { MSS, Scene } from './scripted-peer.ts';

const lengths = (scene: Scene): number[] => scene.takeSent().map(({ payload }) => payload.length);
const full = (count: number): string => 'x'.repeat(count * MSS);
/** The delayed round trip of the handshake is 0 ms, so the timeout begins at its least. */
const RTO_MS = 200;

test('small writes go out at once: no Nagle', () => {
  const scene = Scene.established();
  scene.write('a').write('b');
  expect(scene.takeSent()).toMatchObject([
    { flags: 'AP', seq: 1, payload: 'a' },
    { flags: 'AP', seq: 2, payload: 'b' },
  ]);
});

test('the rest of a chunk waits for company while much is on its way, but not before the end', () => {
  const scene = Scene.established();
  scene.write('x'.repeat(2 * MSS + 10));
  expect(lengths(scene)).toEqual([MSS, MSS]);
  scene.write('y'.repeat(MSS));
  expect(lengths(scene)).toEqual([MSS]);
  scene.send({ ack: 1 + 2 * MSS });
  expect(lengths(scene)).toEqual([10]);
  scene.write('z'.repeat(MSS + 10)).end();
  expect(scene.takeSent().map(({ flags, payload }) => [flags, payload.length])).toEqual([
    ['A', MSS],
    ['AFP', 10],
  ]);
});

test('chunks are joined and cut into segments; PSH on the last', () => {
  const scene = Scene.established({}, { window: 0 });
  scene.write('x'.repeat(1000)).write('y'.repeat(1000));
  scene.send({ window: 60_000 });
  const sent = scene.takeSent();
  expect(sent.map(({ flags, payload }) => [flags, payload])).toEqual([
    ['A', 'x'.repeat(1000) + 'y'.repeat(460)],
    ['AP', 'y'.repeat(540)],
  ]);
});

test("super segments are multiples of the peer's MSS", () => {
  const scene = Scene.established({ maxPayloadBytes: 64_000 }, { options: { mss: 1000 }, window: 65_000 });
  scene.write('x'.repeat(100_500));
  expect(lengths(scene)).toEqual([64_000, 1000]);
  scene.connection.setMaxPayloadBytes(MSS);
  scene.send({ ack: 65_001, window: 2500 });
  expect(lengths(scene)).toEqual([1000, 1000]);
  expect(scene.connection.segmentBytes).toBe(1000);
});

test('silly windows wait; half of the widest window does not', () => {
  const scene = Scene.established({}, { window: 2000 });
  scene.write(full(4));
  expect(lengths(scene)).toEqual([MSS]);
  scene.send({ ack: 1 + MSS, window: 900 });
  expect(lengths(scene)).toEqual([]);
  scene.send({ ack: 1 + MSS, window: 1000 });
  expect(lengths(scene)).toEqual([1000]);
});

test('a silly window that stays is used after all when the persist timer fires', () => {
  const scene = Scene.established({}, { window: 2000 });
  scene.write(full(4));
  scene.send({ ack: 1 + MSS, window: 900 });
  scene.takeSent();
  scene.pass(RTO_MS);
  expect(lengths(scene)).toEqual([900]);
});

test('a closed window is probed with back-off for as long as the peer answers', () => {
  const scene = Scene.established({}, { window: 0 });
  scene.write('abc');
  expect(scene.takeSent()).toEqual([]);
  const times: number[] = [];
  for (let count = 0; count < 30; count++) {
    scene.pass(scene.connection.nextTimerMs()! - scene.nowMs);
    expect(scene.takeSent()).toMatchObject([{ seq: 1, payload: 'a' }]);
    times.push(scene.nowMs);
    scene.send({ window: 0 });
    expect(scene.takeSent()).toEqual([]);
  }
  expect(times.slice(0, 4)).toEqual([200, 600, 1400, 3000]);
  expect(times[29]! - times[28]!).toBe(60_000);
  scene.send({ window: 1000 });
  expect(scene.takeSent()).toMatchObject([{ seq: 1, payload: 'abc' }]);
  scene.send({ ack: 4 });
  expect(scene.connection.nextTimerMs()).toBeNull();
});

test('a probe that nobody answers ends the connection', () => {
  const scene = Scene.established({}, { window: 0 });
  scene.write('abc').pass(1_000_000);
  expect(scene.events).toEqual(['closed timed-out']);
});

test('the byte of a probe may be taken', () => {
  const scene = Scene.established({}, { window: 0 });
  scene.write('abc').pass(RTO_MS);
  scene.takeSent();
  scene.send({ ack: 2, window: 10 });
  expect(scene.takeSent()).toMatchObject([{ seq: 2, payload: 'bc' }]);
});

test('while a probe is out, ACKs stay inside the closed window', () => {
  const scene = Scene.established({}, { window: 0 });
  scene.write('abc').pass(RTO_MS);
  scene.takeSent();
  scene.send({ window: 0, payload: 'x' }).pass(40);
  expect(scene.takeSent()).toMatchObject([{ flags: 'A', seq: 1, ack: 2 }]);
});

test('retransmission backs off and gives up after more than 100 s', () => {
  const scene = Scene.established();
  scene.write('abc');
  const times: number[] = [];
  scene.takeSent();
  while (scene.connection.state !== 'closed') {
    scene.pass(scene.connection.nextTimerMs()! - scene.nowMs);
    if (scene.takeSent().length > 0) times.push(scene.nowMs);
  }
  expect(times.slice(0, 5)).toEqual([200, 600, 1400, 3000, 6200]);
  expect(scene.nowMs).toBeGreaterThan(100_000);
  expect(scene.events).toEqual(['closed timed-out']);
  expect(scene.connection.nextTimerMs()).toBeNull();
});

test('a timeout begins again from the first gap with one segment', () => {
  const scene = Scene.established();
  scene.write(full(8));
  scene.takeSent();
  scene.pass(RTO_MS);
  expect(scene.takeSent()).toMatchObject([{ seq: 1 }]);
  scene.send({ ack: 1 + MSS });
  expect(scene.takeSent().map(({ seq }) => seq)).toEqual([1 + MSS, 1 + 2 * MSS]);
  // The rest had arrived after all.
  scene.send({ ack: 1 + 8 * MSS });
  expect(scene.takeSent()).toEqual([]);
  expect(scene.connection.nextTimerMs()).toBeNull();
});

test('Karn: a retransmitted segment is no measurement, so the back-off stays', () => {
  const scene = Scene.established();
  scene.write('a').pass(RTO_MS + 50);
  scene.send({ ack: 2 }).write('b');
  expect(scene.connection.nextTimerMs()).toBe(scene.nowMs + 2 * RTO_MS);
  scene.pass(100).send({ ack: 3 }).write('c');
  // Measured: 100 ms, smoothed with the handshake's 0 ms: 12.5 + 4 x 25.
  expect(scene.connection.nextTimerMs()).toBe(scene.nowMs + RTO_MS);
});

test('three duplicate ACKs retransmit the first segment, a partial ACK the next gap', () => {
  const scene = Scene.established();
  scene.write(full(10));
  scene.takeSent();
  scene.send({ ack: 1 }).send({ ack: 1 });
  expect(scene.takeSent()).toEqual([]);
  scene.send({ ack: 1 });
  expect(scene.takeSent()).toMatchObject([{ seq: 1 }]);
  scene.send({ ack: 1 });
  expect(scene.takeSent()).toEqual([]);
  scene.send({ ack: 1 + 4 * MSS });
  expect(scene.takeSent()).toMatchObject([{ seq: 1 + 4 * MSS }]);
  scene.send({ ack: 1 + 10 * MSS });
  expect(scene.takeSent()).toEqual([]);
  expect(scene.connection.nextTimerMs()).toBeNull();
});

test('a window update, or text, is no duplicate', () => {
  const scene = Scene.established();
  scene.write(full(4));
  scene.takeSent();
  for (const window of [60_000, 61_000, 62_000, 63_000]) scene.send({ ack: 1, window });
  for (const seq of [1, 2, 3, 4]) scene.send({ seq, ack: 1, window: 63_000, payload: 'x' });
  expect(scene.takeSent().filter(({ payload }) => payload.length > 0)).toEqual([]);
});

const OURS = 10_000;
const sackOf = (...ranges: [number, number][]) => ({
  sack: ranges.map(([from, to]): [number, number] => [OURS + 1 + from * MSS, OURS + 1 + to * MSS]),
});

test('SACK: every gap is retransmitted in one round trip, nothing else', () => {
  const scene = Scene.established({}, { options: { mss: MSS, sackPermitted: true } });
  scene.write(full(10));
  scene.takeSent();
  scene.send({ ack: 1, options: sackOf([1, 2]) });
  expect(scene.takeSent()).toEqual([]);
  scene.send({ ack: 1, options: sackOf([3, 6], [1, 2]) });
  scene.send({ ack: 1, options: sackOf([7, 10], [3, 6], [1, 2]) });
  expect(scene.takeSent().map(({ seq }) => (seq - 1) / MSS)).toEqual([0, 2, 6]);
  scene.send({ ack: 1 + 10 * MSS });
  expect(scene.takeSent()).toEqual([]);
  expect(scene.connection.nextTimerMs()).toBeNull();
  // What was reported then says nothing about what comes now.
  scene.write(full(3));
  scene.send({ ack: 1 + 10 * MSS, window: 60_000 });
  expect(scene.takeSent().map(({ seq }) => (seq - 1) / MSS)).toEqual([10, 11, 12]);
});

test('SACK: what the peer holds is not sent again after a timeout either, until it is forgotten', () => {
  const scene = Scene.established({}, { options: { mss: MSS, sackPermitted: true } });
  scene.write(full(4));
  scene.takeSent();
  scene.pass(RTO_MS);
  expect(scene.takeSent()).toMatchObject([{ seq: 1 }]);
  scene.send({ ack: 1 + MSS, options: sackOf([2, 3]) });
  expect(scene.takeSent().map(({ seq }) => (seq - 1) / MSS)).toEqual([1, 3]);
});

test('SACK blocks outside what is outstanding are ignored', () => {
  const scene = Scene.established({}, { options: { mss: MSS, sackPermitted: true } });
  scene.write(full(4));
  scene.takeSent();
  scene.send({ ack: 1, options: sackOf([3, 9], [-5, -2], [2, 2], [3, 1]) });
  scene.send({ ack: 1, options: sackOf([0, 4]) });
  expect(scene.takeSent()).toEqual([]);
  scene.send({ ack: 1 + 4 * MSS });
  expect(scene.connection.nextTimerMs()).toBeNull();
});

test('a shrunk window over outstanding data is probed and never given up while it is answered', () => {
  const scene = Scene.established();
  scene.write(full(2));
  scene.takeSent();
  scene.send({ seq: 1, ack: 1, window: 0, payload: 'x' });
  for (let count = 0; count < 30; count++) {
    scene.pass(scene.connection.nextTimerMs()! - scene.nowMs);
    scene.send({ seq: 2, ack: 1, window: 0 });
  }
  expect(scene.connection.state).toBe('established');
  scene.takeSent();
  scene.send({ seq: 2, ack: 1, window: 10_000 });
  // After a timeout: slow start.
  expect(lengths(scene)).toEqual([MSS]);
  scene.send({ seq: 2, ack: 1 + MSS, window: 10_000 });
  expect(lengths(scene)).toEqual([MSS]);
});

test('sendSpace: when what was half full has drained below half', () => {
  const scene = Scene.established({ sendBufferBytes: 10_000 });
  scene.write('x'.repeat(4000)).send({ ack: 4001 });
  expect(scene.events).toEqual([]);
  scene.write('x'.repeat(8000));
  scene.send({ ack: 6001 });
  expect(scene.events).toEqual([]);
  scene.send({ ack: 7002 });
  expect(scene.events).toEqual(['space']);
  scene.send({ ack: 12_001 });
  expect(scene.events).toEqual(['space']);
});

test('our sequence numbers wrap within a segment', () => {
  const scene = Scene.established({ initialSeq: 0xffff_fff0 });
  // The script's numbers are relative to another base: 0xfffffff0 - 10,000.
  const base = 0xffff_fff0 - OURS;
  scene.send({ ack: (base + 1) | 0 });
  scene.takeSent();
  scene.write('x'.repeat(100));
  expect(scene.takeSent()).toMatchObject([{ seq: 1, payload: 'x'.repeat(100) }]);
  scene.send({ ack: (base + 101) | 0 });
  expect(scene.connection.queuedBytes).toBe(0);
});
