import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GUEST_CLIPBOARD_MAX_BYTES, parseClipboardRequest } from './clipboard-request.ts';

const encodeBytes = (bytes: Iterable<number>): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
const encode = (text: string): string => encodeBytes(new TextEncoder().encode(text));

describe('parseClipboardRequest', () => {
  it('reads text in any language', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }), (text) => {
        expect(parseClipboardRequest(`c;${encode(text)}`)).toEqual({ kind: 'write', text });
      }),
    );
    expect(parseClipboardRequest(`;${encode('a')}`)).toEqual({ kind: 'write', text: 'a' });
    expect(parseClipboardRequest(`pc0;${encode('a')}`)).toEqual({ kind: 'write', text: 'a' });
  });

  it.each([
    ['c;?', 'read'],
    ['c;', 'empty'],
    ['', 'malformed'],
    ['c', 'malformed'],
    ['x;YQ==', 'malformed'],
    ['c;*', 'malformed'],
    ['c;YQ==;', 'malformed'],
    [`c;${encodeBytes([0xff, 0xfe])}`, 'malformed'],
    [`c;${encode('x'.repeat(GUEST_CLIPBOARD_MAX_BYTES + 3))}`, 'too-large'],
  ])('refuses %j', (data, why) => {
    expect(parseClipboardRequest(data)).toEqual({ kind: 'refused', why });
  });

  it('takes as much as is allowed', () => {
    const text = 'x'.repeat(GUEST_CLIPBOARD_MAX_BYTES);
    expect(parseClipboardRequest(`c;${encode(text)}`)).toEqual({ kind: 'write', text });
  });

  it('makes a refusal of anything else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (data) => {
        expect(['write', 'refused']).toContain(parseClipboardRequest(data).kind);
      }),
    );
  });
});
