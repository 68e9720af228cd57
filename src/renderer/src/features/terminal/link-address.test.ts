import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastAddressIn, openableAddress, opensLinks } from './link-address.ts';

describe('openableAddress', () => {
  it.each([
    ['https://example.org/a?b=c#d', 'https://example.org/a?b=c#d'],
    ['HTTP://Example.ORG', 'http://example.org/'],
    ['mailto:someone@example.org', 'mailto:someone@example.org'],
    // A Cyrillic letter that looks like a Latin one is seen for what it is.
    ['https://аpple.com', 'https://xn--pple-43d.com/'],
  ])('%s is %s', (printed, address) => {
    expect(openableAddress(printed)).toBe(address);
  });

  it.each([
    'javascript:alert(1)',
    'file:///etc/passwd',
    'terrarium://app/',
    'example.org',
    '',
    `https://a/${'x'.repeat(3000)}`,
  ])('refuses %s', (printed) => {
    expect(openableAddress(printed)).toBeNull();
  });

  it('gives nothing but web and mail addresses', () => {
    fc.assert(
      fc.property(fc.oneof(fc.webUrl(), fc.string({ maxLength: 60 })), (printed) => {
        expect(openableAddress(printed) ?? 'https://').toMatch(/^(?:https?:\/\/|mailto:)/u);
      }),
    );
  });
});

describe('lastAddressIn', () => {
  it('finds the one a person has just been shown', () => {
    expect(lastAddressIn('see https://a.example/x.\nthen (https://b.example/y), ok')).toBe('https://b.example/y');
    expect(lastAddressIn('nothing here')).toBeNull();
  });
});

describe('opensLinks', () => {
  it('asks for the key of the system', () => {
    expect(opensLinks({ ctrlKey: true, metaKey: false }, false)).toBe(true);
    expect(opensLinks({ ctrlKey: true, metaKey: false }, true)).toBe(false);
    expect(opensLinks({ ctrlKey: false, metaKey: true }, true)).toBe(true);
  });
});
