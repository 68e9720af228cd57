import { expect, it } from 'vitest';
import { TimerQueue, type Timed } from './timer-queue.ts';

function timed(dueMs: number, ticked: number[] = []): Timed & { dueMs: number | null } {
  const self = {
    dueMs: dueMs as number | null,
    nextTimerMs: () => self.dueMs,
    tick: (nowMs: number) => {
      ticked.push(nowMs);
      self.dueMs = null;
    },
  };
  return self;
}

it('keeps nothing of what was forgotten long before it was due', () => {
  const queue = new TimerQueue();
  const ticked: number[] = [];
  queue.watch(timed(70_000, ticked));
  for (let i = 0; i < 100_000; i++) {
    const short = timed(60_000 + i);
    queue.watch(short);
    queue.forget(short);
  }
  expect(queue.size).toBeLessThan(3000);
  expect(queue.nextMs()).toBe(70_000);
  queue.run(70_000);
  expect(ticked).toEqual([70_000]);
});

it('keeps one deadline of what moves to an earlier one again and again', () => {
  const queue = new TimerQueue();
  const moving = timed(1_000_000);
  for (let i = 0; i < 100_000; i++) {
    moving.dueMs = 1_000_000 - i;
    queue.watch(moving);
  }
  expect(queue.size).toBeLessThan(3000);
  expect(queue.nextMs()).toBe(900_001);
});

it('ticks everything in order, however often it was swept', () => {
  const queue = new TimerQueue();
  const ticked: number[] = [];
  const many = Array.from({ length: 5000 }, (_, i) => timed((i * 7919) % 5000, ticked));
  for (const each of many) queue.watch(each);
  for (const each of many.filter((_, i) => i % 5 !== 0)) queue.forget(each);
  for (let i = 0; i < 10_000; i++) {
    const short = timed(9999);
    queue.watch(short);
    queue.forget(short);
  }
  for (let nowMs = queue.nextMs(); nowMs !== null; nowMs = queue.nextMs()) queue.run(nowMs);
  expect(ticked).toHaveLength(1000);
  expect(ticked).toEqual([...ticked].sort((a, b) => a - b));
});
