import { describe, expect, it } from 'vitest';
import { paceDrawing, type RenderService } from './draw-pacer.ts';

class Bench {
  readonly drawn: [number, number][] = [];
  isFlooded = false;
  nowMs = 1000;
  private timers: { atMs: number; run: () => void }[] = [];
  readonly service: RenderService = { refreshRows: (start, end) => this.drawn.push([start, end]) };

  constructor() {
    paceDrawing(this.service, () => this.isFlooded, {
      nowMs: () => this.nowMs,
      after: (delayMs, run) => this.timers.push({ atMs: this.nowMs + delayMs, run }),
    });
  }

  pass(ms: number): void {
    this.nowMs += ms;
    const due = this.timers.filter(({ atMs }) => atMs <= this.nowMs);
    this.timers = this.timers.filter((timer) => !due.includes(timer));
    for (const { run } of due) run();
  }
}

describe('paceDrawing', () => {
  it('draws at once what a person waits for', () => {
    const bench = new Bench();
    bench.service.refreshRows(3, 3);
    bench.service.refreshRows(4, 5);
    expect(bench.drawn).toEqual([
      [3, 3],
      [4, 5],
    ]);
  });

  it('draws a flood now and then, all rows that changed', () => {
    const bench = new Bench();
    bench.isFlooded = true;
    for (let ms = 0; ms < 600; ms += 1) {
      bench.service.refreshRows(ms % 20, (ms % 20) + 1);
      bench.pass(1);
    }
    expect(bench.drawn.length).toBeLessThanOrEqual(11);
    expect(bench.drawn.length).toBeGreaterThanOrEqual(9);
    expect(bench.drawn[3]).toEqual([0, 20]);
  });

  it('shows the end of it at once', () => {
    const bench = new Bench();
    bench.isFlooded = true;
    bench.service.refreshRows(0, 9);
    bench.pass(0);
    bench.service.refreshRows(0, 4);
    bench.isFlooded = false;
    bench.service.refreshRows(8, 9);
    expect(bench.drawn.at(-1)).toEqual([0, 9]);
    const { length } = bench.drawn;
    bench.pass(1000);
    expect(bench.drawn).toHaveLength(length);
  });
});
