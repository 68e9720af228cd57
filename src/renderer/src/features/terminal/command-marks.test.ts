import type { Terminal } from '@xterm/xterm';
import { describe, expect, it } from 'vitest';
import { CommandMarks, type FinishedCommand } from './command-marks.ts';

/** A terminal of which only the line of the prompt matters. */
function setUp() {
  let marked: (mark: string) => boolean = () => false;
  let nowMs = 0;
  let later: (() => void)[] = [];
  const screen = { line: '', wrapped: '' };
  const finished: FinishedCommand[] = [];
  const lineOf = (text: string, isWrapped: boolean) => ({
    isWrapped,
    translateToString: (_trim: boolean, from = 0) => text.slice(from),
  });
  const terminal = {
    parser: { registerOscHandler: (_code: number, handler: (mark: string) => boolean) => (marked = handler) },
    registerMarker: () => ({ line: 5, isDisposed: false, dispose: () => undefined }),
    buffer: {
      active: {
        cursorX: 4,
        getLine: (row: number) =>
          row === 5 ? lineOf(screen.line, false) : lineOf(screen.wrapped, screen.wrapped !== ''),
      },
    },
  } as unknown as Terminal;
  const marks = new CommandMarks(terminal, {
    nowMs: () => nowMs,
    after: (_delayMs, run) => later.push(run),
    finished: (command) => finished.push(command),
  });
  return {
    marks,
    screen,
    finished,
    mark: (...all: readonly string[]) => all.forEach((each) => expect(marked(each)).toBe(true)),
    pass: (ms: number) => {
      nowMs += ms;
      const due = later;
      later = [];
      for (const run of due) run();
    },
  };
}

describe('CommandMarks', () => {
  it('tells what ended, how, and after how long', () => {
    const { marks, mark, pass, screen, finished } = setUp();
    mark('D;0', 'A');
    marks.typed('m');
    screen.line = '~ # make all';
    marks.typed('ake all\r');
    pass(180_000);
    // Keys that go to the running program begin no command.
    marks.typed('y\r');
    mark('D;2', 'A');
    expect(finished).toEqual([{ text: 'make all', exitCode: 2, durationMs: 180_000 }]);
  });

  it('takes no ending for one without a person’s Enter', () => {
    const { mark, marks, finished } = setUp();
    mark('D;0', 'A', 'D;0', 'A', 'D;0', 'D', 'C', 'nonsense', 'D;99999', '');
    marks.typed('x\r');
    expect(finished).toEqual([]);
    mark('A');
    marks.typed('ls');
    mark('D;0', 'A');
    expect(finished).toEqual([]);
  });

  it('keeps the text short and free of control characters, over wrapped rows', () => {
    const { marks, mark, pass, screen, finished } = setUp();
    mark('A');
    screen.line = `~ # ab\u001b\u202ec${'d'.repeat(40)}`;
    screen.wrapped = 'e'.repeat(40);
    marks.typed('\r');
    pass(1000);
    mark('D');
    expect(finished[0]?.exitCode).toBeNull();
    expect(finished[0]?.text).toMatch(/^abcd+e+…$/);
    expect(finished[0]?.text).toHaveLength(60);
  });

  it('forgets with the machine', () => {
    const { marks, mark, finished } = setUp();
    mark('A');
    marks.typed('\r');
    marks.reset();
    mark('D;0');
    expect(finished).toEqual([]);
  });
});
