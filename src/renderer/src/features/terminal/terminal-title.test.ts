import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanTitle } from './terminal-title.ts';

describe('cleanTitle', () => {
  it('leaves ordinary titles as they are', () => {
    expect(cleanTitle('root@build-2: ~/src')).toBe('root@build-2: ~/src');
    expect(cleanTitle('编辑 — vim 👩‍💻')).toBe('编辑 — vim 👩‍💻');
  });

  it('makes one line without tricks of it', () => {
    expect(cleanTitle('  a\r\n\tb\u0007\u202ec\u0000  ')).toBe('a bc');
    expect(cleanTitle('x'.repeat(5_000_000))).toHaveLength(121);
  });

  it('is bounded and has no control characters, whatever came', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (title) => {
        const clean = cleanTitle(title);
        expect(Array.from(clean).length).toBeLessThanOrEqual(121);
        expect(clean).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
        // No half of a character.
        expect(encodeURIComponent(clean)).toBeTypeOf('string');
      }),
    );
  });
});
