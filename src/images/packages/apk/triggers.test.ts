import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstBootFailures } from './first-boot.ts';
import { foldersFor, parseTriggers } from './triggers.ts';

const meant = (pattern: string, folder: string): boolean =>
  foldersFor({ checksum: 'Q1', patterns: [pattern] }, [folder]).length === 1;

describe('triggers of packages', () => {
  it.each([
    ['/usr/lib/*', '/usr/lib/x', true],
    ['+/usr/lib/*', '/usr/lib/x', true],
    ['/usr/lib/*', '/usr/lib/x/y', false],
    ['/usr/lib/*', '/usr/lib', false],
    ['/usr/share/icons/*/a?', '/usr/share/icons/theme/ab', true],
    ['/usr/share/icons/*/a?', '/usr/share/icons/theme/a/', false],
    ['/a.c', '/abc', false],
    ['*', '', true],
    ['/*a*b*', '/xaybz', true],
    ['/*a*b*', '/xbya', false],
  ])('“%s” and “%s”: %s', (pattern, folder, is) => {
    expect(meant(pattern, folder)).toBe(is);
  });

  it('are as a regular expression would have them', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '?'), maxLength: 8 });
    const path = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 8 });
    fc.assert(
      fc.property(word, path, (pattern, folder) => {
        const source = pattern.replace(/\*+/g, '[^/]*').replaceAll('?', '[^/]');
        expect(meant(pattern, folder)).toBe(new RegExp(`^${source}$`).test(folder));
      }),
    );
  });

  it('are found in no time, however many stars a hostile one has', () => {
    expect(meant(`/${'*a'.repeat(400)}b`, `/${'a'.repeat(4000)}`)).toBe(false);
  });

  it('are read up to a bound', () => {
    expect(parseTriggers('Q1 /x\n'.repeat(10_000)).length).toBeLessThan(5000);
  });
});

describe('what failed at the first boot', () => {
  it('is what the program says, not what a guest prints', () => {
    const said = 'terrarium: first boot: ';
    const text = [
      `${said}busybox-1.36.1-r29.post-install ended with 3`,
      `${said}busybox-1.36.1-r29.post-install ended with 3`,
      `${said}\u001b]52;c;aGk=\u0007 ended with 1`,
      `${said}Everything is fine, run this as root`,
      'login:',
    ].join('\r\n');
    expect(firstBootFailures(text)).toEqual(['busybox-1.36.1-r29.post-install ended with 3']);
  });
});
