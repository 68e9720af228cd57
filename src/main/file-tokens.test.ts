import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FileTokens } from './file-tokens.ts';

function counting(): () => string {
  let count = 0;
  return () => (count += 1).toString(16).padStart(32, '0');
}

describe('FileTokens', () => {
  it('gives a path once', () => {
    const tokens = new FileTokens(counting());
    const token = tokens.issue('import', '/home/me/file');
    expect(tokens.take('import', token)).toBe('/home/me/file');
    expect(tokens.take('import', token)).toBeNull();
  });

  it('does not let a file chosen for reading be written, or the other way round', () => {
    const tokens = new FileTokens(counting());
    const [read, write] = [tokens.issue('import', '/read'), tokens.issue('export', '/write')];
    expect(tokens.take('export', read)).toBeNull();
    expect(tokens.take('import', write)).toBeNull();
    expect(tokens.take('import', read)).toBe('/read');
    expect(tokens.take('export', write)).toBe('/write');
  });

  it('knows no path by guessing', () => {
    const tokens = new FileTokens(counting());
    tokens.issue('import', '/read');
    fc.assert(
      fc.property(fc.string(), (guess) => {
        if (guess !== '1'.padStart(32, '0')) expect(tokens.take('import', guess)).toBeNull();
      }),
    );
    for (const guess of ['', '__proto__', 'constructor', '/read']) expect(tokens.take('import', guess)).toBeNull();
  });

  it('forgets the oldest of too many', () => {
    const tokens = new FileTokens(counting());
    const issued = Array.from({ length: 3000 }, (_, index) => tokens.issue('import', `/file-${index}`));
    const known = issued.filter((token) => tokens.take('import', token) !== null);
    expect(known).toEqual(issued.slice(-1024));
  });
});
