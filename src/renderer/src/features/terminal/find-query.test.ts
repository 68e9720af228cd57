import { describe, expect, it } from 'vitest';
import { findProblem, searchOptions } from './find-query.ts';

const pattern = (text: string) => ({ text, isCaseSensitive: false, isWholeWord: false, isPattern: true });

describe('findProblem', () => {
  it.each([
    'error',
    'warn(?:ing)?s',
    '^\\[\\d+\\.\\d+\\] usb',
    '(?:foo|bar)baz',
    '[a-z]+@[a-z]+\\.(org|net)',
    'a{2,4}b',
    '\\(x+\\)',
    '[(]+[)*]',
    'x.*y',
  ])('lets /%s/ be looked for', (text) => {
    expect(findProblem(pattern(text))).toBeNull();
  });

  it.each([
    ['(', 'bad-pattern'],
    ['[z-a]', 'bad-pattern'],
    ['a**', 'bad-pattern'],
    ['(a+)+$', 'slow-pattern'],
    ['(a*)*b', 'slow-pattern'],
    ['(a|a)*b', 'slow-pattern'],
    ['((ab)|(a?b))+', 'slow-pattern'],
    ['(?:a+){10}b', 'slow-pattern'],
    ['(a)\\1', 'slow-pattern'],
    ['.*.*.*.*.*x', 'slow-pattern'],
    ['a*', 'empty-pattern'],
    ['', 'empty-pattern'],
    ['x'.repeat(301), 'too-long'],
  ])('says what is wrong with /%s/', (text, problem) => {
    expect(findProblem(pattern(text))).toBe(problem);
  });

  it('takes plain text for what it is', () => {
    expect(findProblem({ ...pattern('(a+)+'), isPattern: false })).toBeNull();
    expect(findProblem({ ...pattern('x'.repeat(301)), isPattern: false })).toBe('too-long');
  });

  it('asks xterm for what was chosen', () => {
    expect(searchOptions({ text: 'a', isCaseSensitive: true, isWholeWord: true, isPattern: false })).toEqual({
      caseSensitive: true,
      wholeWord: true,
      regex: false,
    });
  });
});
