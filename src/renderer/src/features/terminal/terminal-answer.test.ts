import { describe, expect, it } from 'vitest';
import { isTerminalAnswer } from './terminal-answer.ts';

describe('what a terminal says itself', () => {
  it.each([
    '\x1b[1;1R',
    '\x1b[?1;2c',
    '\x1b[I',
    '\x1b[O',
    '\x1b[<0;3;4M',
    '\x1b[>0;276;0c',
    '\x1b[0n',
    '\x1b[?2026;2$y',
    '\x1b]11;rgb:00/00/00\x1b\\',
    '\x1bP1$r0m\x1b\\',
  ])('is an answer: %j', (text) => expect(isTerminalAnswer(text)).toBe(true));

  it.each(['a', '\r', '\x1b[A', '\x1bOP', '\x1b[1;5C', '\x1b[3~', '\x1b', '\x1b[200~pasted\x1b[201~', '\x1b[1;2R'])(
    'is typed: %j',
    (text) => expect(isTerminalAnswer(text)).toBe(false),
  );
});
