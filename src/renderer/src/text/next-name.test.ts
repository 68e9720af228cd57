import { describe, expect, it } from 'vitest';
import { freeName, nextName } from './next-name.ts';

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
