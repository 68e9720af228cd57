import { expect, test } from 'vitest';
import { MSS, Scene, THEIRS } from './scripted-peer.ts';
import { MAX_PIECES } from './reassembly.ts';

const full = (letter: string): string => letter.repeat(MSS);

test('one segment is acknowledged after 40 ms, the second full one at once', () => {
  const scene = Scene.established();
  scene.send({ seq: 1, payload: full('a') });
  expect(scene.takeSent()).toEqual([]);
  scene.pass(39);
  expect(scene.takeSent()).toEqual([]);
  scene.pass(1);
  expect(scene.takeSent()).toMatchObject([{ flags: 'A', ack: 1 + MSS }]);
  scene.send({ seq: 1 + MSS, payload: full('b') }).send({ seq: 1 + 2 * MSS, payload: full('c') });
  expect(scene.takeSent()).toMatchObject([{ flags: 'A', ack: 1 + 3 * MSS }]);
  expect(scene.connection.nextTimerMs()).toBeNull();
});

test('a super segment is acknowledged at once', () => {
  const scene = Scene.established();
  scene.send({ seq: 1, payload: 'x'.repeat(20 * MSS) });
  expect(scene.takeSent()).toMatchObject([{ flags: 'A', ack: 1 + 20 * MSS, window: 65_535 - 20 * MSS }]);
});

test('data sent in the callback carries the ACK', () => {
  const scene = Scene.established();
  scene.onData = () => scene.write('pong');
  scene.send({ seq: 1, payload: 'ping' });
  expect(scene.takeSent()).toMatchObject([{ flags: 'AP', ack: 5, payload: 'pong' }]);
});

test('out of order: an ACK at once for each, delivery in order, once', () => {
  const scene = Scene.established();
  scene.send({ seq: 6, payload: 'world' });
  expect(scene.takeSent()).toMatchObject([{ flags: 'A', ack: 1 }]);
  scene.send({ seq: 3, payload: 'llo wor' });
  expect(scene.takeSent()).toMatchObject([{ flags: 'A', ack: 1 }]);
  expect(scene.events).toEqual([]);
  scene.send({ seq: 1, payload: 'he' });
  expect(scene.events).toEqual(['data he', 'data llo', 'data world']);
  expect(scene.takeSent()).toMatchObject([{ flags: 'A', ack: 11 }]);
  scene.send({ seq: 1, payload: 'hello world' });
  expect(scene.events.at(-1)).toBe('data d');
});

test('SACK blocks: the latest first, adjacent pieces as one', () => {
  const scene = Scene.established({}, { options: { mss: MSS, sackPermitted: true } });
  const blocks = (): unknown =>
    scene
      .takeSent()
      .at(-1)!
      .options.sack?.map(([left, right]) => [left - 500_000, right - 500_000]);
  scene.send({ seq: 11, payload: 'aaaaa' });
  expect(blocks()).toEqual([[11, 16]]);
  scene.send({ seq: 31, payload: 'ccccc' });
  expect(blocks()).toEqual([
    [31, 36],
    [11, 16],
  ]);
  scene.send({ seq: 16, payload: 'bbbbb' });
  expect(blocks()).toEqual([
    [11, 21],
    [31, 36],
  ]);
  for (const seq of [51, 71, 91]) scene.send({ seq, payload: 'd' });
  const four = blocks() as [number, number][];
  expect(four).toHaveLength(4);
  expect(four[0]).toEqual([91, 92]);
  scene.send({ seq: 1, payload: 'x'.repeat(100) });
  expect(blocks()).toBeUndefined();
});

test('what is out of order is bounded in bytes by the window and in pieces by a count', () => {
  const scene = Scene.established({ receiveBufferBytes: 10_000 });
  scene.send({ seq: 5_001, payload: 'x'.repeat(20_000) });
  expect(scene.connection.heldBytes).toBe(5_000);
  const holes = Scene.established();
  for (let index = 0; index < MAX_PIECES + 500; index++) holes.send({ seq: 3 + 2 * index, payload: 'x' });
  expect(holes.connection.heldBytes).toBe(MAX_PIECES);
});

test('a segment beyond the window is answered and leaves nothing', () => {
  const scene = Scene.established({ receiveBufferBytes: 1000 });
  scene.send({ seq: 1001, payload: 'far' });
  expect(scene.takeSent()).toMatchObject([{ flags: 'A', ack: 1 }]);
  expect(scene.connection.heldBytes).toBe(0);
});

test('the window closes with unread data, and its reopening is told once it is worth it', () => {
  const scene = Scene.established({ receiveBufferBytes: 8000 });
  scene.send({ seq: 1, payload: 'x'.repeat(8000) });
  expect(scene.takeSent()).toMatchObject([{ ack: 8001, window: 0 }]);
  scene.connection.consumed(1000, 0);
  expect(scene.takeSent()).toEqual([]);
  scene.connection.consumed(1000, 0);
  expect(scene.takeSent()).toMatchObject([{ flags: 'A', ack: 8001, window: 2000 }]);
  scene.connection.consumed(6000, 0);
  expect(scene.takeSent()).toMatchObject([{ flags: 'A', ack: 8001, window: 8000 }]);
});

test('a silly little window is not announced on other segments either', () => {
  const scene = Scene.established({ receiveBufferBytes: 8000 });
  scene.send({ seq: 1, payload: 'x'.repeat(8000) });
  scene.connection.consumed(10, 0);
  scene.takeSent();
  scene.write('data');
  expect(scene.takeSent()).toMatchObject([{ payload: 'data', window: 0 }]);
});

test('a probe of the closed window is answered; its ACK still counts', () => {
  const scene = Scene.established({ receiveBufferBytes: 8000 });
  scene.write('abc');
  scene.send({ seq: 1, payload: 'x'.repeat(8000) });
  scene.takeSent();
  scene.send({ seq: 8001, ack: 4, payload: 'y' });
  expect(scene.takeSent()).toMatchObject([{ flags: 'A', ack: 8001, window: 0 }]);
  expect(scene.connection.queuedBytes).toBe(0);
  expect(scene.received).toHaveLength(1);
  // Linux probes with an empty segment before the window.
  scene.send({ seq: 8000, ack: 4 });
  expect(scene.takeSent()).toMatchObject([{ flags: 'A', ack: 8001, window: 0 }]);
});

test('a window once announced is kept although delivered data fills the buffer', () => {
  const scene = Scene.established({ receiveBufferBytes: 3000 });
  scene.send({ seq: 1001, payload: 'y'.repeat(2000) });
  scene.send({ seq: 1, payload: 'x'.repeat(1000) });
  expect(scene.received.map((bytes) => bytes.length)).toEqual([1000, 2000]);
  expect(scene.takeSent().at(-1)).toMatchObject({ ack: 3001, window: 0 });
});

test('urgent data is data', () => {
  const scene = Scene.established();
  scene.send({ seq: 1, flags: 'AU', payload: 'hurry' });
  expect(scene.events).toEqual(['data hurry']);
});

test('RST: at RCV.NXT it resets, elsewhere in the window it is challenged, outside ignored', () => {
  const scene = Scene.established();
  scene.send({ seq: 2, flags: 'R' });
  expect(scene.takeSent()).toMatchObject([{ flags: 'A', seq: 1, ack: 1 }]);
  scene.send({ seq: -1, flags: 'R' }).send({ seq: 100_000, flags: 'R' });
  expect(scene.takeSent()).toEqual([]);
  expect(scene.connection.state).toBe('established');
  scene.send({ seq: 1, flags: 'R' });
  expect(scene.events).toEqual(['closed reset']);
});

test('a SYN in a synchronised state is challenged wherever it lies', () => {
  const scene = Scene.established();
  for (const seq of [0, 50, -5000, 1_000_000]) {
    scene.send({ seq, flags: 'S' });
    expect(scene.takeSent()).toMatchObject([{ flags: 'A', seq: 1, ack: 1 }]);
  }
  expect(scene.connection.state).toBe('established');
});

test('challenges are rationed', () => {
  const scene = Scene.established();
  for (let count = 0; count < 100; count++) scene.send({ seq: 50, flags: 'S' });
  expect(scene.takeSent()).toHaveLength(10);
  scene.pass(1000).send({ seq: 50, flags: 'S' });
  expect(scene.takeSent()).toHaveLength(1);
});

test('an ACK of what was never sent, or far too old, is challenged and its text dropped', () => {
  const scene = Scene.established();
  scene.send({ seq: 1, ack: 2, payload: 'forged' }).send({ seq: 1, ack: -70_000, payload: 'forged' });
  expect(scene.takeSent()).toMatchObject([
    { flags: 'A', ack: 1 },
    { flags: 'A', ack: 1 },
  ]);
  scene.send({ seq: 1, ack: -100, payload: 'late' });
  expect(scene.events).toEqual(['data late']);
});

test('a segment without ACK is dropped', () => {
  const scene = Scene.established();
  scene.send({ seq: 1, flags: 'P', payload: 'x' });
  expect(scene.events).toEqual([]);
});

test('the sequence numbers of the peer wrap within a segment, in order and out of it', () => {
  // The SYN has 0xfffffffd.
  const scene = Scene.accepting({}, { seq: -THEIRS - 3 });
  scene.send({ seq: 3 - THEIRS, payload: 'around' });
  scene.send({ seq: -THEIRS - 2, payload: 'wrap ' });
  expect(scene.events).toEqual(['established', 'data wrap ', 'data around']);
  expect(scene.takeSent().at(-1)).toMatchObject({ ack: 9 - THEIRS });
});
