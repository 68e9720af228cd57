import { expect, test } from 'vitest';
import { TIME_WAIT_MS } from './connection.ts';
import { Scene, segmentOf } from './scripted-peer.ts';

test('we close first: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, closed', () => {
  const scene = Scene.established();
  scene.end();
  expect(scene.connection.state).toBe('fin-wait-1');
  expect(scene.takeSent()).toMatchObject([{ flags: 'AF', seq: 1, ack: 1 }]);
  scene.send({ ack: 2 });
  expect(scene.connection.state).toBe('fin-wait-2');
  expect(scene.connection.nextTimerMs()).toBeNull();
  scene.send({ ack: 2, payload: 'still talking' });
  scene.send({ seq: 14, ack: 2, flags: 'AF' });
  expect(scene.connection.state).toBe('time-wait');
  expect(scene.takeSent().at(-1)).toMatchObject({ flags: 'A', seq: 2, ack: 15 });
  expect(scene.events).toEqual(['data still talking', 'ended']);
  scene.pass(TIME_WAIT_MS - 1);
  expect(scene.connection.state).toBe('time-wait');
  scene.pass(1);
  expect(scene.events.at(-1)).toBe('closed finished');
  expect(scene.connection.nextTimerMs()).toBeNull();
});

test('the peer closes first: CLOSE-WAIT, LAST-ACK, closed', () => {
  const scene = Scene.established();
  scene.send({ flags: 'AF', payload: 'bye' });
  expect(scene.events).toEqual(['data bye', 'ended']);
  expect(scene.connection.state).toBe('close-wait');
  expect(scene.takeSent()).toMatchObject([{ flags: 'A', ack: 5 }]);
  scene.write('more');
  expect(scene.takeSent()).toMatchObject([{ flags: 'AP', payload: 'more' }]);
  scene.send({ seq: 5, ack: 5 }).end();
  expect(scene.connection.state).toBe('last-ack');
  expect(scene.takeSent()).toMatchObject([{ flags: 'AF', seq: 5 }]);
  scene.send({ seq: 5, ack: 6 });
  expect(scene.events.at(-1)).toBe('closed finished');
  expect(scene.connection.nextTimerMs()).toBeNull();
});

test('both close at once: CLOSING, TIME-WAIT', () => {
  const scene = Scene.established().end();
  scene.takeSent();
  scene.send({ ack: 1, flags: 'AF' });
  expect(scene.connection.state).toBe('closing');
  expect(scene.takeSent()).toMatchObject([{ flags: 'A', seq: 2, ack: 2 }]);
  scene.send({ seq: 2, ack: 2 });
  expect(scene.connection.state).toBe('time-wait');
});

test('FIN that acknowledges our FIN: straight to TIME-WAIT', () => {
  const scene = Scene.established().end();
  scene.send({ ack: 2, flags: 'AF' });
  expect(scene.connection.state).toBe('time-wait');
});

test('the FIN rides on the last data, and is retransmitted with it', () => {
  const scene = Scene.established({}, { window: 0 });
  scene.write('last').end();
  expect(scene.takeSent()).toEqual([]);
  scene.send({ window: 100 });
  expect(scene.takeSent()).toMatchObject([{ flags: 'AFP', payload: 'last' }]);
  scene.pass(200);
  expect(scene.takeSent()).toMatchObject([{ flags: 'AFP', payload: 'last' }]);
  scene.send({ ack: 5 });
  scene.pass(400);
  expect(scene.takeSent().at(-1)).toMatchObject({ flags: 'AF', seq: 5, payload: '' });
  expect(scene.connection.state).toBe('fin-wait-1');
});

test('a FIN out of order waits for the text before it, and text behind it does not exist', () => {
  const scene = Scene.established();
  scene.send({ seq: 6, flags: 'AF', payload: 'world' }).send({ seq: 11, payload: 'beyond' });
  expect(scene.connection.state).toBe('established');
  scene.send({ seq: 1, payload: 'hello' });
  expect(scene.events).toEqual(['data hello', 'data world', 'ended']);
  expect(scene.takeSent().at(-1)).toMatchObject({ ack: 12 });
  expect(scene.connection.heldBytes).toBe(10);
});

test('a repeated FIN is acknowledged again and restarts TIME-WAIT', () => {
  const scene = Scene.established().end();
  scene.send({ ack: 2, flags: 'AF' });
  scene.takeSent();
  scene.pass(TIME_WAIT_MS - 10).send({ ack: 2, flags: 'AF' });
  expect(scene.takeSent()).toMatchObject([{ flags: 'A', seq: 2, ack: 2 }]);
  scene.pass(TIME_WAIT_MS - 1);
  expect(scene.connection.state).toBe('time-wait');
  scene.pass(1);
  expect(scene.connection.state).toBe('closed');
});

test('TIME-WAIT may be replaced by a SYN with a higher sequence number only', () => {
  const scene = Scene.established().end();
  scene.send({ ack: 2, flags: 'AF' });
  const { connection } = scene;
  expect(connection.mayBeReplacedBy(segmentOf({ seq: 3, flags: 'S' }))).toBe(true);
  expect(connection.mayBeReplacedBy(segmentOf({ seq: 1, flags: 'S' }))).toBe(false);
  expect(connection.mayBeReplacedBy(segmentOf({ seq: 3, flags: 'SA' }))).toBe(false);
  expect(connection.mayBeReplacedBy(segmentOf({ seq: 3, flags: 'SR' }))).toBe(false);
  scene.takeSent();
  connection.abort(0);
  expect(scene.takeSent()).toEqual([]);
  expect(scene.events.at(-1)).toBe('closed finished');
  expect(Scene.established().connection.mayBeReplacedBy(segmentOf({ seq: 3, flags: 'S' }))).toBe(false);
});

test('abort resets at SND.NXT with what has been received acknowledged', () => {
  const scene = Scene.established();
  scene.send({ payload: 'abc' }).write('xyz');
  scene.takeSent();
  scene.connection.abort(0);
  expect(scene.takeSent()).toMatchObject([{ flags: 'AR', seq: 4, ack: 4 }]);
  expect(scene.events.at(-1)).toBe('closed aborted');
  scene.send({ seq: 4, payload: 'more' }).write('more').end();
  expect(scene.takeSent()).toEqual([]);
  expect(scene.connection.queuedBytes).toBe(0);
});

test('abort in LAST-ACK: silent once the FIN is out, a reset while data waits before it', () => {
  const done = Scene.established();
  done.send({ flags: 'AF' }).end();
  done.takeSent();
  done.connection.abort(0);
  expect(done.takeSent()).toEqual([]);
  const waiting = Scene.established();
  waiting.send({ flags: 'AF', window: 0 }).write('stuck').end();
  waiting.takeSent();
  waiting.connection.abort(0);
  expect(waiting.takeSent()).toMatchObject([{ flags: 'AR', seq: 1 }]);
});

test('a reset in each closing state', () => {
  const closing = Scene.established().end().send({ ack: 1, flags: 'AF' });
  closing.send({ seq: 2, flags: 'R' });
  expect(closing.events.at(-1)).toBe('closed reset');
  const timeWait = Scene.established().end().send({ ack: 2, flags: 'AF' });
  timeWait.send({ seq: 2, flags: 'R' });
  expect(timeWait.events.at(-1)).toBe('closed finished');
});

test('a callback may abort: nothing follows', () => {
  const scene = Scene.established();
  scene.onData = () => scene.connection.abort(0);
  scene.send({ seq: 6, payload: 'later' }).send({ seq: 1, flags: 'A', payload: 'first' });
  expect(scene.events).toEqual(['data first', 'closed aborted']);
  expect(scene.connection.nextTimerMs()).toBeNull();
});

test('text after the peer has finished is ignored', () => {
  const scene = Scene.established();
  scene.send({ flags: 'AF' }).send({ seq: 2, payload: 'ghost' }).send({ seq: 2, flags: 'AF' });
  expect(scene.events).toEqual(['ended']);
});
