import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, printableJson, printableLines } from './printable.ts';

describe('text for a terminal', () => {
  it('loses what a terminal obeys and keeps what a person reads', () => {
    expect(printable('a\u001b[31mred\u001b]0;title\u0007')).toBe('a[31mred]0;title');
    expect(printable('\u009b2Jcleared')).toBe('2Jcleared');
    expect(printable('evil\u202egnp.exe')).toBe('evilgnp.exe');
    expect(printable('two\r\nlines\tand a tab')).toBe('two lines and a tab');
    expect(printable('Größe 図 “x”')).toBe('Größe 図 “x”');
    expect(printable('half \ud800 a pair')).toBe('half  a pair');
  });

  it('keeps lines where lines are wanted', () => {
    expect(printableLines('one\r\ntwo\u001b[A\n')).toBe('one\ntwo[A\n');
  });

  it('never lets a control character through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        expect(printableLines(text).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
  });

  it('writes JSON that reads back as it was', () => {
    const value = { name: '\u001b\u009b\u007f\u202e\u2028\u{e0001}x', list: [1, null] };
    expect(JSON.parse(printableJson(value))).toEqual(value);
    expect(printableJson(value)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
    fc.assert(
      fc.property(fc.jsonValue(), (any) => {
        expect(JSON.parse(printableJson(any))).toEqual(JSON.parse(JSON.stringify(any)));
      }),
    );
  });
});
