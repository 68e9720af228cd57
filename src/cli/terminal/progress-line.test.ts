import { describe, expect, it } from 'vitest';
import { ProgressLine, progressText, type Progress } from './progress-line.ts';

const step = (name: string, fraction: number, detail = ''): Progress => ({
  step: name,
  detail,
  fraction,
  remainingMs: null,
});

function progressOn(isTTY: boolean, env: NodeJS.ProcessEnv = {}) {
  const written: string[] = [];
  const clock = { nowMs: 0 };
  const stream = {
    isTTY,
    columns: 20,
    write: (text: unknown) => {
      written.push(String(text));
      return true;
    },
  };
  return { line: new ProgressLine(stream, env, () => clock.nowMs), written, clock };
}

describe('progress', () => {
  it('is one line that is rewritten on a terminal, no more often than anyone reads', () => {
    const { line, written, clock } = progressOn(true);
    line.show(step('Kernel', 0.1));
    line.show(step('Kernel', 0.2));
    clock.nowMs = 200;
    line.show(step('Kernel', 0.3));
    line.show(step('Files', 0.5));
    line.clear();
    line.clear();
    const rewrite = '\r\u001b[K';
    expect(written).toEqual([`${rewrite} 10 % Kernel`, `${rewrite} 30 % Kernel`, `${rewrite} 50 % Files`, rewrite]);
  });

  it('is cut where it would wrap, and holds nothing the terminal obeys', () => {
    const { line, written } = progressOn(true);
    line.show(step('Unpacking', 0.1, 'some\u001b[2J/long/path/of/a/file'));
    expect(written).toEqual(['\r\u001b[K 10 % Unpacking: s…']);
  });

  it.each([
    [false, {}],
    [true, { TERM: 'dumb' }],
  ])('is a whole line now and then where lines cannot be rewritten, and nothing of a short task', (isTTY, env) => {
    const { line, written, clock } = progressOn(isTTY, env);
    for (let second = 0; second < 25; second += 1) {
      clock.nowMs = 5_000 + second * 1000;
      line.show(step(second < 15 ? 'Kernel' : 'Files', second / 100));
    }
    line.clear();
    expect(written).toEqual([' 10 % Kernel\n', ' 20 % Files\n']);
  });

  it('says how long it will take where that is known', () => {
    expect(progressText({ step: 'A', detail: 'b', fraction: null, remainingMs: 1500 })).toBe('A: b, about 2 s left');
  });
});
