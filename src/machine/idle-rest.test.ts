import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdleRest } from './idle-rest.ts';

const LONGEST_MS = 27.46;

/** A guest that is idle: each slice begins when the sleep before it has ended. */
function idle(rest: IdleRest, sleeps: number, startMs = 0): { readonly sleepMs: number; readonly nowMs: number } {
  let nowMs = startMs;
  let sleepMs = 0;
  for (let count = 0; count < sleeps; count += 1) {
    sleepMs = rest.sleepMs(nowMs, nowMs, LONGEST_MS, true);
    nowMs += sleepMs;
  }
  return { sleepMs, nowMs };
}

describe('IdleRest', () => {
  it('sleeps whole milliseconds, not fractions that the host’s timers cannot keep', () => {
    expect(new IdleRest().sleepMs(0, 0, 0.2, true)).toBe(1);
    expect(new IdleRest().sleepMs(0, 0, 12.3, true)).toBe(13);
  });

  it('lets a guest that works go on at once', () => {
    const rest = new IdleRest();
    expect(rest.sleepMs(0, 1, 0, true)).toBe(0);
    expect(rest.sleepMs(1, 2, 0.4, false)).toBe(0.4);
    expect(rest.sleepMs(2, 3, -1, true)).toBe(-1);
  });

  it('sleeps longer once the guest had nothing due for half a second', () => {
    expect(idle(new IdleRest(), 18).sleepMs).toBe(28);
    expect(idle(new IdleRest(), 19).sleepMs).toBe(100);
  });

  it('sleeps as asked again when something was due sooner', () => {
    const rest = new IdleRest();
    const { nowMs } = idle(rest, 30);
    expect(rest.sleepMs(nowMs, nowMs, 9.5, true)).toBe(10);
    expect(idle(rest, 1, nowMs + 10).sleepMs).toBe(28);
  });

  it('sleeps as asked again when a key or a packet woke the guest', () => {
    const rest = new IdleRest();
    const { nowMs } = idle(rest, 30);
    expect(rest.sleepMs(nowMs - 60, nowMs - 59, LONGEST_MS, true)).toBe(28);
  });

  it('does not take a timer that comes a millisecond early for a key', () => {
    const rest = new IdleRest();
    const { nowMs } = idle(rest, 30);
    expect(rest.sleepMs(nowMs - 1, nowMs, LONGEST_MS, true)).toBe(100);
  });

  it('never sleeps longer than 100 ms, nor less than a halted guest asked for', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.001, max: 100, noNaN: true }), { maxLength: 200 }), (asked) => {
        const rest = new IdleRest();
        let nowMs = 0;
        for (const askedMs of asked) {
          const sleepMs = rest.sleepMs(nowMs, nowMs, askedMs, true);
          expect(sleepMs).toBeGreaterThanOrEqual(askedMs);
          expect(sleepMs).toBeLessThanOrEqual(100);
          nowMs += sleepMs;
        }
      }),
    );
  });
});
