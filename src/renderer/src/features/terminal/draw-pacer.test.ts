import { describe, expect, it } from 'vitest';
import { paceDrawing, type DrawingCore } from './draw-pacer.ts';

class Bench {
  readonly drawn: [number, number][] = [];
  isFlooded = false;
  nowMs = 1000;
  private timers: { atMs: number; run: () => void }[] = [];
  placed = 0;
  selected: (number | undefined)[] = [];
  readonly service = {
    refreshRows: (start: number, end: number): void => void this.drawn.push([start, end]),
    handleSelectionChanged: (start: [number, number] | undefined): void => void this.selected.push(start?.[0]),
  } as Required<DrawingCore['_renderService']>;
  readonly core: DrawingCore = { _renderService: this.service, _syncTextArea: () => (this.placed += 1) };

  constructor() {
    paceDrawing(this.core, () => this.isFlooded, {
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

  it('places the text field only as often as it draws, and where the cursor is in the end', () => {
    const bench = new Bench();
    bench.core._syncTextArea?.();
    expect(bench.placed).toBe(1);
    bench.isFlooded = true;
    for (let ms = 0; ms < 600; ms += 1) {
      bench.core._syncTextArea?.();
      bench.pass(1);
    }
    expect(bench.placed).toBeLessThanOrEqual(12);
    bench.core._syncTextArea?.();
    bench.isFlooded = false;
    const { placed } = bench;
    bench.pass(1000);
    expect(bench.placed).toBe(placed + 1);
  });

  it('draws nothing anew for a frame in which nothing is or was selected', () => {
    const { service, selected } = new Bench();
    service.handleSelectionChanged(undefined, undefined, false);
    expect(selected).toEqual([]);
    service.handleSelectionChanged([3, 1], [5, 1], false);
    service.handleSelectionChanged(undefined, undefined, false);
    service.handleSelectionChanged(undefined, undefined, false);
    expect(selected).toEqual([3, undefined]);
  });

  it('shows the newest selection of a flood', () => {
    const bench = new Bench();
    bench.isFlooded = true;
    for (let ms = 0; ms < 200; ms += 1) {
      bench.service.handleSelectionChanged([ms, 1], [ms + 1, 1], false);
      bench.pass(1);
    }
    expect(bench.selected.length).toBeLessThanOrEqual(5);
    bench.pass(1000);
    expect(bench.selected.at(-1)).toBe(199);
  });
});
