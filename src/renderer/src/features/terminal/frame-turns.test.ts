import { describe, expect, it } from 'vitest';
import { FrameTurns } from './frame-turns.ts';

class Bench {
  nowMs = 1000;
  hasFrames = true;
  private readonly queue: (() => void)[] = [];
  private frames: (() => void)[] = [];
  private timers: { atMs: number; run: () => void }[] = [];
  readonly turns = new FrameTurns({
    nowMs: () => this.nowMs,
    turn: (run) => this.queue.push(run),
    frame: (run) => {
      this.frames.push(run);
      return () => void (this.frames = this.frames.filter((other) => other !== run));
    },
    after: (delayMs, run) => {
      const timer = { atMs: this.nowMs + delayMs, run };
      this.timers.push(timer);
      return () => void (this.timers = this.timers.filter((other) => other !== timer));
    },
  });

  /** One frame: what began with it, then turns until nothing wants one. */
  frame(): void {
    this.nowMs = Math.ceil((this.nowMs + 0.1) / 16) * 16;
    if (this.hasFrames) for (const run of this.frames.splice(0)) run();
    for (const { atMs, run } of [...this.timers]) if (atMs <= this.nowMs) run();
    for (let run = this.queue.shift(); run; run = this.queue.shift()) run();
  }

  get timersLeft(): number {
    return this.timers.length;
  }
}

/** Work that takes 4 ms and wants another turn, for ever. */
function endless(bench: Bench, times: number[]): void {
  bench.turns.soon(() => {
    bench.nowMs += 4;
    times.push(bench.nowMs);
    endless(bench, times);
  });
}

describe('FrameTurns', () => {
  it('leaves room for the frame, however much there is to do', () => {
    const bench = new Bench();
    const times: number[] = [];
    endless(bench, times);
    for (let frame = 0; frame < 10; frame += 1) {
      const before = times.length;
      bench.frame();
      expect(times.length - before).toBeLessThanOrEqual(3);
    }
    expect(times.length).toBeGreaterThanOrEqual(27);
    // Nothing is left of frames that came.
    expect(bench.timersLeft).toBe(1);
  });

  it('gives everybody a turn', () => {
    const bench = new Bench();
    const [one, other]: [number[], number[]] = [[], []];
    endless(bench, one);
    endless(bench, other);
    for (let frame = 0; frame < 20; frame += 1) bench.frame();
    expect(Math.abs(one.length - other.length)).toBeLessThanOrEqual(1);
  });

  it('goes on, slowly, where no frames come', () => {
    const bench = new Bench();
    bench.hasFrames = false;
    const times: number[] = [];
    endless(bench, times);
    for (let frame = 0; frame < 20; frame += 1) bench.frame();
    expect(times.length).toBeGreaterThan(5);
  });
});
