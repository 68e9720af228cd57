import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MEMORY_MAX_MIB, MEMORY_MIN_MIB, NAME_MAX_CHARACTERS } from './limits.ts';
import { parseMemoryMib, parseName } from './names.ts';

describe('parseName', () => {
  it.each(['a', 'My VM', '日本語', 'über', '🐧', 'x'.repeat(64), '🐧'.repeat(64), '..', '.'])('takes %j', (name) => {
    expect(parseName('VM', name)).toEqual({ ok: true, value: name });
  });

  it.each([
    ['', 'A VM needs a name.'],
    [' \t\n', 'A VM needs a name.'],
    ['a/b', 'A VM name cannot contain “/” or “\\”. Use another character.'],
    ['a\\b', 'A VM name cannot contain “/” or “\\”. Use another character.'],
    ['a\nb', 'A VM name cannot contain line breaks or invisible characters.'],
    ['a\u202eb', 'A VM name cannot contain line breaks or invisible characters.'],
    ['a\u2028b', 'A VM name cannot contain line breaks or invisible characters.'],
    ['a\0b', 'A VM name cannot contain line breaks or invisible characters.'],
    ['x'.repeat(300), 'A VM name can have up to 64 characters; this one has 300. Shorten it and try again.'],
  ])('refuses %j with a sentence', (name, message) => {
    expect(parseName('VM', name)).toEqual({ ok: false, error: { code: 'bad-input', message } });
  });

  it('says of what the name is', () => {
    expect(parseName('snapshot', '')).toMatchObject({ error: { message: 'A snapshot needs a name.' } });
    expect(parseName('image', '')).toMatchObject({ error: { message: 'An image needs a name.' } });
  });

  it('gives a name that is accepted again as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        const parsed = parseName('VM', text);
        if (!parsed.ok) return;
        expect(Array.from(parsed.value).length).toBeLessThanOrEqual(NAME_MAX_CHARACTERS);
        expect(parsed.value).not.toMatch(/[/\\\p{Cc}]/u);
        expect(parseName('VM', parsed.value)).toEqual(parsed);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('parseMemoryMib', () => {
  it.each([0, -1, 47, 2048, 5000, 256.5, NaN, Infinity, -Infinity])('refuses %d with the range', (value) => {
    const parsed = parseMemoryMib(value);
    expect(parsed).toMatchObject({ ok: false, error: { code: 'bad-input' } });
    expect(parsed.ok ? '' : parsed.error.message).toContain(`from 48 to 2047 MiB; ${value} is not`);
  });

  it('takes every whole number in the range', () => {
    fc.assert(
      fc.property(fc.integer({ min: MEMORY_MIN_MIB, max: MEMORY_MAX_MIB }), (value) => {
        expect(parseMemoryMib(value)).toEqual({ ok: true, value });
      }),
    );
  });
});
