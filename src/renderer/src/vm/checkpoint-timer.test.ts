import { describe, expect, it } from 'vitest';
import { CheckpointTimer, type Clock } from './checkpoint-timer.ts';

const MINUTE_MS = 60_000;

class TestClock implements Clock {
  #nowMs = 5_000_000;
  #timers: { atMs: number; callback: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.push(timer);
    return () => void (this.#timers = this.#timers.filter((other) => other !== timer));
  }

  get waiting(): number {
    return this.#timers.length;
  }

  /** Lets time pass, with everything that becomes due meanwhile. */
  async pass(minutes: number): Promise<void> {
    const endMs = this.#nowMs + minutes * MINUTE_MS;
    for (;;) {
      const next = this.#timers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#nowMs = next.atMs;
      next.callback();
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    }
    this.#nowMs = endMs;
  }
}

function setUp(take: (() => Promise<unknown>) | null = null) {
  const clock = new TestClock();
  const taken: number[] = [];
  const timer = new CheckpointTimer(clock, () => {
    taken.push(Math.round((clock.nowMs() - 5_000_000) / MINUTE_MS));
    return take === null ? Promise.resolve(true) : take();
  });
  return { clock, taken, timer };
}

describe('CheckpointTimer', () => {
  it('is due after each interval of running', async () => {
    const { clock, taken, timer } = setUp();
    timer.set({ everyMinutes: 15, keep: 3 });
    await clock.pass(100);
    expect(taken).toEqual([]);
    timer.enter('free');
    await clock.pass(50);
    expect(taken).toEqual([115, 130, 145]);
  });

  it('does not count time in which the machine stands still, and keeps no VM twice that did not run', async () => {
    const { clock, taken, timer } = setUp();
    timer.set({ everyMinutes: 10, keep: 3 });
    timer.enter('free');
    await clock.pass(6);
    timer.enter('still');
    await clock.pass(600);
    timer.enter('free');
    await clock.pass(4);
    expect(taken).toEqual([610]);
    timer.enter('still');
    await clock.pass(600);
    expect(taken).toEqual([610]);
  });

  it('waits while another save runs, and then does not wait longer', async () => {
    const { clock, taken, timer } = setUp();
    timer.set({ everyMinutes: 5, keep: 3 });
    timer.enter('free');
    await clock.pass(4);
    timer.enter('busy');
    await clock.pass(3);
    expect(taken).toEqual([]);
    timer.enter('free');
    await clock.pass(0);
    expect(taken).toEqual([7]);
  });

  it('begins anew after a snapshot a person took', async () => {
    const { clock, taken, timer } = setUp();
    timer.set({ everyMinutes: 5, keep: 3 });
    timer.enter('free');
    await clock.pass(4);
    timer.begin();
    await clock.pass(4);
    expect(taken).toEqual([]);
    await clock.pass(1);
    expect(taken).toEqual([9]);
  });

  it('follows changed settings, and leaves nothing behind when it is off', async () => {
    const { clock, taken, timer } = setUp();
    timer.enter('free');
    await clock.pass(30);
    timer.set({ everyMinutes: 60, keep: 3 });
    await clock.pass(10);
    timer.set({ everyMinutes: 30, keep: 3 });
    await clock.pass(0);
    expect(taken).toEqual([40]);
    timer.set(null);
    expect(clock.waiting).toBe(0);
    await clock.pass(1000);
    timer.set({ everyMinutes: 5, keep: 3 });
    timer.dispose();
    expect(clock.waiting).toBe(0);
    expect(taken).toEqual([40]);
  });

  it('takes one at a time, and after a failure waits for the whole interval', async () => {
    let fail = (): void => undefined;
    const { clock, taken, timer } = setUp(() => new Promise((resolve) => (fail = () => resolve(false))));
    timer.set({ everyMinutes: 5, keep: 3 });
    timer.enter('free');
    await clock.pass(5);
    timer.enter('busy');
    timer.enter('free');
    await clock.pass(20);
    expect(taken).toEqual([5]);
    fail();
    await clock.pass(0);
    await clock.pass(4);
    expect(taken).toEqual([5]);
    await clock.pass(1);
    expect(taken).toEqual([5, 30]);
  });
});
