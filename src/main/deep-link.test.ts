import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linkIn, parseDeepLink } from './deep-link.ts';

describe('parseDeepLink', () => {
  it('reads what links can ask for', () => {
    expect(parseDeepLink('terrarium://open?vm=build-2')).toEqual({ kind: 'open', vm: 'build-2' });
    expect(parseDeepLink('terrarium://open/?vm=%E6%9E%84%E5%BB%BA%201')).toEqual({ kind: 'open', vm: '构建 1' });
    expect(parseDeepLink('TERRARIUM://fork?snapshot=before+upgrade')).toEqual({
      kind: 'fork',
      snapshot: 'before upgrade',
    });
  });

  it.each([
    'https://open?vm=a',
    'terrarium:open?vm=a',
    'terrarium://app/index.html',
    'terrarium://delete?vm=a',
    'terrarium://open',
    'terrarium://open?vm=',
    'terrarium://open?vm=a&vm=b',
    'terrarium://open?vm=a&run=rm',
    'terrarium://open/../app?vm=a/..#x',
    'terrarium://user@open?vm=a',
    'terrarium://open?vm=a%00b',
    'terrarium://open?vm=a%E2%80%AEb',
    `terrarium://open?vm=${'a'.repeat(201)}`,
    `terrarium://open?vm=${'a'.repeat(5000)}`,
    '',
  ])('refuses %s in words', (link) => {
    const read = parseDeepLink(link);
    expect(read.kind === 'refused' && read.message.length > 20).toBe(true);
  });

  it('gives any name as it is, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 50 }), (name) => {
        const read = parseDeepLink(`terrarium://open?vm=${encodeURIComponent(name)}`);
        expect(read.kind === 'refused' || (read.kind === 'open' && read.vm === name)).toBe(true);
      }),
    );
    fc.assert(fc.property(fc.string(), (link) => void parseDeepLink(`terrarium://${link}`)));
  });
});

describe('linkIn', () => {
  it('finds the link among other arguments', () => {
    expect(linkIn(['/usr/bin/electron', '--no-sandbox', '.', 'terrarium://open?vm=a'])).toBe('terrarium://open?vm=a');
    expect(linkIn(['electron', '--flag=terrarium://x'])).toBeNull();
  });
});
