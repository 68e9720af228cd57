import { describe, expect, it } from 'vitest';
import type { Settings } from '../../../../shared/model/settings.ts';
import { ClipboardGate, type ClipboardAnswer } from './clipboard-gate.ts';

class Bench {
  setting: Settings['guestClipboard'] = 'ask';
  canWrite = true;
  readonly written: string[] = [];
  readonly open: { text: string; answer: (answer: ClipboardAnswer) => void }[] = [];
  failures = 0;
  readonly gate = new ClipboardGate({
    setting: () => this.setting,
    write: (text) => {
      if (!this.canWrite) return Promise.reject(new Error('not focused'));
      this.written.push(text);
      return Promise.resolve();
    },
    ask: (text, answer) => {
      const question = { text, answer };
      this.open.push(question);
      return () => void this.open.splice(this.open.indexOf(question), 1);
    },
    copied: () => undefined,
    failed: () => (this.failures += 1),
  });

  answer(answer: ClipboardAnswer): void {
    this.open.splice(0, 1)[0]?.answer(answer);
  }
}

describe('ClipboardGate', () => {
  it('asks, and “once” is once', () => {
    const bench = new Bench();
    bench.gate.request('a', true);
    expect(bench.written).toEqual([]);
    bench.answer('once');
    bench.gate.request('b', true);
    expect(bench.open).toHaveLength(1);
    expect(bench.written).toEqual(['a']);
  });

  it('remembers “always” and “deny” until another machine runs', () => {
    const bench = new Bench();
    const machine = {};
    bench.gate.shows(machine);
    bench.gate.request('a', true);
    bench.answer('always');
    // Another tab of the same machine is opened.
    bench.gate.shows(machine);
    bench.gate.request('b', true);
    expect(bench.written).toEqual(['a', 'b']);
    bench.gate.shows({});
    bench.gate.request('c', true);
    bench.answer('deny');
    bench.gate.request('d', true);
    expect(bench.open).toEqual([]);
    bench.gate.shows({});
    bench.gate.request('e', true);
    expect(bench.open.map(({ text }) => text)).toEqual(['e']);
    expect(bench.written).toEqual(['a', 'b']);
  });

  it('keeps one question, about the newest text', () => {
    const bench = new Bench();
    for (const text of ['a', 'b', 'c']) bench.gate.request(text, true);
    expect(bench.open.map(({ text }) => text)).toEqual(['c']);
    bench.gate.shows({});
    expect(bench.open).toEqual([]);
  });

  it('obeys the setting, and never writes unseen without asking', () => {
    const bench = new Bench();
    bench.setting = 'deny';
    bench.gate.request('a', true);
    bench.setting = 'allow';
    bench.gate.request('b', true);
    bench.gate.request('c', false);
    expect(bench.written).toEqual(['b']);
    expect(bench.open.map(({ text }) => text)).toEqual(['c']);
  });

  it('says when the system refused', async () => {
    const bench = new Bench();
    bench.setting = 'allow';
    bench.canWrite = false;
    bench.gate.request('a', true);
    await Promise.resolve();
    await Promise.resolve();
    expect(bench.failures).toBe(1);
  });
});
