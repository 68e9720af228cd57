import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MEMORY_MAX_MIB, MEMORY_MIN_MIB, NAME_MAX_CHARACTERS } from './limits.ts';
import {
  NOTE_MAX_CHARACTERS,
  parseMemoryMib,
  parseName,
  parseNote,
  parseTags,
  TAG_MAX_CHARACTERS,
  TAGS_MAX,
} from './names.ts';

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

describe('parseNote', () => {
  it('takes text of several lines, trimmed, and nothing at all', () => {
    expect(parseNote(' one\r\n\ttwo\rthree \n')).toEqual({ ok: true, value: 'one\n\ttwo\nthree' });
    expect(parseNote('')).toEqual({ ok: true, value: '' });
    expect(parseNote('🐧'.repeat(NOTE_MAX_CHARACTERS))).toMatchObject({ ok: true });
  });

  it.each([
    [
      'x'.repeat(NOTE_MAX_CHARACTERS + 1),
      'A note can have up to 2000 characters; this one has 2001. Shorten it and try again.',
    ],
    ['a\0b', 'A note cannot contain invisible characters.'],
    ['a\u001b[2Jb', 'A note cannot contain invisible characters.'],
    ['a\u202eb', 'A note cannot contain invisible characters.'],
  ])('refuses %j with a sentence', (note, message) => {
    expect(parseNote(note)).toEqual({ ok: false, error: { code: 'bad-input', message } });
  });
});

describe('parseTags', () => {
  it('takes each once, trimmed, in the order given', () => {
    expect(parseTags([' b ', 'a', 'b', 'e\u0301', '\u00e9', 'two words'])).toEqual({
      ok: true,
      value: ['b', 'a', '\u00e9', 'two words'],
    });
    expect(parseTags([])).toEqual({ ok: true, value: [] });
    expect(parseTags(['🐧'.repeat(TAG_MAX_CHARACTERS)])).toMatchObject({ ok: true });
    const most = Array.from({ length: TAGS_MAX }, (_, i) => `t${i}`);
    expect(parseTags([...most, 't0'])).toEqual({ ok: true, value: most });
  });

  it.each([
    [['a', ' '], 'A tag needs at least one character.'],
    [['x'.repeat(25)], `A tag can have up to 24 characters; “${'x'.repeat(25)}” has 25. Shorten it and try again.`],
    [['a\nb'], 'A tag cannot contain line breaks or invisible characters.'],
    [['a\u200bb'], 'A tag cannot contain line breaks or invisible characters.'],
    [Array.from({ length: 13 }, (_, i) => `t${i}`), 'A snapshot can have up to 12 tags; these are 13. Leave some out.'],
  ])('refuses %j with a sentence', (tags, message) => {
    expect(parseTags(tags)).toEqual({ ok: false, error: { code: 'bad-input', message } });
  });

  it('gives tags that are accepted again as they are', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 30 }), { maxLength: 15 }), (texts) => {
        const parsed = parseTags(texts);
        if (parsed.ok) expect(parseTags(parsed.value)).toEqual(parsed);
      }),
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
