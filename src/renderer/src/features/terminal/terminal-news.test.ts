import { describe, expect, it } from 'vitest';
import { TerminalNews } from './terminal-news.svelte.ts';

class Bench {
  nowMs = 1000;
  isLookedAt = false;
  rings = 0;
  timers: (() => void)[] = [];
  readonly news = new TerminalNews({
    nowMs: () => this.nowMs,
    after: (_delayMs, run) => this.timers.push(run),
    ring: () => (this.rings += 1),
    isLookedAt: () => this.isLookedAt,
  });

  runTimers(): void {
    for (const run of this.timers.splice(0)) run();
  }
}

describe('TerminalNews', () => {
  it('shows the newest of many titles, in little work', () => {
    const bench = new Bench();
    for (let count = 0; count < 10_000; count += 1) bench.news.retitle(`title ${count}`);
    expect(bench.timers).toHaveLength(1);
    bench.runTimers();
    expect(bench.news.title).toBe('title 9999');
    bench.news.retitle('a\u0007b');
    bench.runTimers();
    expect(bench.news.title).toBe('ab');
  });

  it('marks a bell until somebody looks', () => {
    const bench = new Bench();
    bench.news.bell();
    expect(bench.news.hasRung).toBe(true);
    bench.news.lookedAt();
    expect(bench.news.hasRung).toBe(false);
    bench.nowMs += 10_000;
    bench.isLookedAt = true;
    bench.news.bell();
    expect(bench.news.hasRung).toBe(false);
    expect(bench.rings).toBe(2);
  });

  it('rings no faster than a person hears', () => {
    const bench = new Bench();
    for (let count = 0; count < 1000; count += 1) {
      bench.nowMs += 1;
      bench.news.bell();
    }
    expect(bench.rings).toBe(4);
  });

  it('begins anew with another machine', () => {
    const bench = new Bench();
    bench.news.retitle('old');
    bench.news.bell();
    bench.news.reset();
    bench.runTimers();
    expect(bench.news.title).toBe('');
    expect(bench.news.hasRung).toBe(false);
  });
});
