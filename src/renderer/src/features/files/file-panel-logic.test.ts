import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inOrder, ordering, type EntryOrder } from './entry-order.ts';
import { entryOf } from './fake-guest.fixture.ts';
import { previewOf } from './file-preview.ts';
import { guestNameProblem, typedGuestPath } from './guest-path.ts';
import { modeText } from './mode-text.ts';
import { rowWindow } from './row-window.ts';
import { shellQuote } from './shell-quote.ts';
import { shownName } from './shown-name.ts';
import { TransferRate } from './transfer-rate.ts';

const anyName = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.string({
    unit: fc.constantFrom('a', ' ', "'", '\\', '$', '`', '\n', '\t', '\u001b', '-', '!', '*', 'é', '\u202e'),
  }),
);

describe('names that are shown', () => {
  it('hold nothing that is not seen or turns what is', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(shownName(name)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
    expect(shownName('a\u202egpj.exe')).toBe('a\ufffdgpj.exe');
    expect(shownName('a\nb')).toBe('a\u240ab');
    expect(shownName('报告 1.pdf')).toBe('报告 1.pdf');
  });
});

/** A word as POSIX shells read it: plain, in quotes, or in the quotes with escapes of busybox and bash. */
function readAsShell(word: string): string {
  const escaped = /^\$'((?:[^'\\]|\\['\\]|\\[0-7]{3})*)'$/s.exec(word)?.[1];
  if (escaped !== undefined) {
    const bytes: number[] = [];
    for (const [piece] of escaped.matchAll(/\\[0-7]{3}|\\.|./gsu)) {
      if (/^\\[0-7]/.test(piece)) bytes.push(Number.parseInt(piece.slice(1), 8));
      else bytes.push(...new TextEncoder().encode(piece.startsWith('\\') ? piece.slice(1) : piece));
    }
    return new TextDecoder().decode(Uint8Array.from(bytes));
  }
  if (/^[\w/.@%+,:-]+$/.test(word)) return word;
  const read = /^(?:'[^']*'|\\')+$/.test(word)
    ? word.replace(/'([^']*)'|\\'/g, (all, quoted?: string) => quoted ?? all.slice(1))
    : null;
  if (read === null) throw new Error(`a shell would make something else of ${word}`);
  return read;
}

describe('paths at a prompt', () => {
  it('are one word of the shell, with nothing that a terminal acts on', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        // What is no whole character cannot be a name that came from anywhere.
        const path = `/${new TextDecoder().decode(new TextEncoder().encode(name))}`;
        const word = shellQuote(path);
        expect(word).not.toMatch(/\p{C}/u);
        expect(readAsShell(word)).toBe(path);
      }),
    );
  });

  it('stay as they are where that is safe', () => {
    expect(shellQuote('/root/notes-2.txt')).toBe('/root/notes-2.txt');
    expect(shellQuote("/root/it's")).toBe("'/root/it'\\''s'");
  });
});

describe('what a person types as a path', () => {
  it('is taken from the root, the home or the folder', () => {
    const typed = (text: string): string | null => typedGuestPath(text, '/usr/share', '/root');
    expect(typed('/etc//hosts')).toBe('/etc/hosts');
    expect(typed('~/a')).toBe('/root/a');
    expect(typed('../lib/./x')).toBe('/usr/lib/x');
    expect(typed('../../../..')).toBe('/');
    expect(typed('')).toBeNull();
    expect(typed('a\0b')).toBeNull();
    expect(typed('x'.repeat(5000))).toBeNull();
  });

  it('is a name only where Linux takes it', () => {
    expect(['', 'a/b', '..', 'é'.repeat(128), 'é'.repeat(127)].map(guestNameProblem)).toEqual([
      'empty',
      'slash',
      'dots',
      'long',
      null,
    ]);
  });
});

describe('the order of entries', () => {
  const entry = fc.record({
    name: fc.string({ minLength: 1 }),
    kind: fc.constantFrom('file', 'directory', 'symlink', 'other'),
    mode: fc.nat(0o7777),
    sizeBytes: fc.nat(10),
    modifiedAtS: fc.nat(10),
  });
  const order: fc.Arbitrary<EntryOrder> = fc.record({
    column: fc.constantFrom('name', 'size', 'modified', 'mode'),
    isDescending: fc.boolean(),
  });

  it('keeps all of them, folders first, and is the same from wherever it began', () => {
    fc.assert(
      fc.property(fc.uniqueArray(entry, { selector: ({ name }) => name }), order, (entries, by) => {
        const sorted = inOrder(entries, by, 'en-GB');
        expect(new Set(sorted)).toEqual(new Set(entries));
        const firstFile = sorted.findIndex(({ kind }) => kind !== 'directory');
        if (firstFile >= 0) expect(sorted.slice(firstFile).some(({ kind }) => kind === 'directory')).toBe(false);
        expect(inOrder(entries.toReversed(), by, 'en-GB')).toEqual(sorted);
      }),
    );
  });

  it('counts as people do, and turns round at a second press', () => {
    const names = (by: EntryOrder): string[] =>
      inOrder([entryOf('a10'), entryOf('a2'), entryOf('z', { kind: 'directory' })], by, 'en-GB').map(
        ({ name }) => name,
      );
    const byName: EntryOrder = { column: 'name', isDescending: false };
    expect(names(byName)).toEqual(['z', 'a2', 'a10']);
    expect(names(ordering(byName, 'name'))).toEqual(['z', 'a10', 'a2']);
    expect(ordering(byName, 'size')).toEqual({ column: 'size', isDescending: false });
  });
});

describe('permissions', () => {
  it('read as ls writes them', () => {
    expect(modeText('directory', 0o1777)).toBe('drwxrwxrwt');
    expect(modeText('file', 0o4755)).toBe('-rwsr-xr-x');
    expect(modeText('file', 0o2644)).toBe('-rw-r-Sr--');
    expect(modeText('symlink', 0o777)).toBe('lrwxrwxrwx');
  });
});

describe('the rows that are drawn', () => {
  it('cover what shows, and never more than a screen and a margin', () => {
    fc.assert(
      fc.property(fc.nat(200_000), fc.nat(2000), fc.nat(5000), (scrollTop, height, count) => {
        const { first, end } = rowWindow(scrollTop, height, 28, count);
        expect(first).toBeGreaterThanOrEqual(0);
        expect(end).toBeLessThanOrEqual(count);
        expect(end - first).toBeLessThanOrEqual(Math.ceil(height / 28) + 26);
        const at = Math.floor(scrollTop / 28);
        if (at < count && height > 0) expect(first <= at && at < end).toBe(true);
      }),
    );
  });
});

describe('a quick view', () => {
  const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

  it('tells pictures by their bytes, not their names', () => {
    expect(previewOf(bytes('\x89PNG\r\n\x1a\n'))).toEqual({ kind: 'image', type: 'image/png' });
    expect(previewOf(bytes('GIF89a\x01\x00\x01\x00'))).toEqual({ kind: 'image', type: 'image/gif' });
    expect(previewOf(bytes('RIFF\0\0\0\0WEBP'))).toEqual({ kind: 'image', type: 'image/webp' });
    expect(previewOf(bytes('<svg onload="x()">'))).toMatchObject({ kind: 'text' });
  });

  it('does not begin to draw a picture of billions of pixels', () => {
    expect(previewOf(bytes('GIF89a\xff\xff\xff\xff'))).toEqual({ kind: 'huge-image' });
  });

  it('shows what is no text, and marks bytes that are none', () => {
    expect(previewOf(bytes('a\0b'))).toEqual({ kind: 'binary' });
    expect(previewOf(bytes('a\xff\r\nb\tc\x1b[2J'))).toEqual({
      kind: 'text',
      text: 'a\ufffd\nb\tc\ufffd[2J',
      hasBadBytes: true,
    });
    expect(previewOf(new TextEncoder().encode('é').subarray(0, 1), true)).toMatchObject({ hasBadBytes: false });
    fc.assert(
      fc.property(fc.uint8Array(), (any) => {
        const preview = previewOf(any);
        if (preview.kind === 'text') expect(preview.text).not.toMatch(/(?![\t\n])[\p{Cc}\p{Cf}]/u);
      }),
    );
  });
});

describe('the speed of a copy', () => {
  it('is that of the last seconds', () => {
    const rate = new TransferRate();
    expect(rate.bytesPerSecond).toBeNull();
    for (let second = 0; second <= 10; second += 1) rate.take(second * 100, second * 1000);
    expect(rate.bytesPerSecond).toBe(100);
    for (let second = 11; second <= 20; second += 1) rate.take(1000 + (second - 10) * 500, second * 1000);
    expect(rate.bytesPerSecond).toBe(500);
  });
});
