import { describe, expect, it } from 'vitest';
import { freeFileName, freeName, nextName } from './next-name.ts';

describe('nextName', () => {
  it('starts at one', () => {
    expect(nextName('Snapshot', [])).toBe('Snapshot 1');
  });

  it('goes on after the highest number, over gaps and other names', () => {
    expect(nextName('Snapshot', ['Snapshot 1', 'Snapshot 7', 'before upgrade', 'Snapshot x', 'Snapshot'])).toBe(
      'Snapshot 8',
    );
  });
});

describe('freeName', () => {
  it('keeps a free name', () => {
    expect(freeName('web', ['db'])).toBe('web');
  });

  it('adds the lowest number that is free', () => {
    expect(freeName('web', ['web', 'web 2', 'web 4'])).toBe('web 3');
  });
});

describe('freeFileName', () => {
  it('keeps a free name', () => {
    expect(freeFileName('notes.txt', ['notes', 'notes 2.txt'])).toBe('notes.txt');
  });

  it.each([
    ['notes.txt', 'notes 2.txt'],
    ['notes', 'notes 2'],
    ['a.b.txt', 'a.b 2.txt'],
    ['backup.tar.gz', 'backup 2.tar.gz'],
    ['.profile', '.profile 2'],
    ['.tar.gz', '.tar 2.gz'],
    ['ends.', 'ends. 2'],
  ])('numbers %s before its extension', (name, expected) => {
    expect(freeFileName(name, [name])).toBe(expected);
  });

  it('takes the lowest number that is free', () => {
    expect(freeFileName('a.txt', ['a.txt', 'a 2.txt', 'a 4.txt'])).toBe('a 3.txt');
  });
});
