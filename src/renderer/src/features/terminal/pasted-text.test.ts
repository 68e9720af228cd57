import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanPastedText, PASTE_LARGE_BYTES, pasteRisk } from './pasted-text.ts';

describe('cleanPastedText', () => {
  it('takes out what could end the brackets or press keys', () => {
    expect(cleanPastedText('a\u001b[201~; reboot\r\n\u0003b\u009b31mc\td\u007f')).toEqual({
      text: 'a[201~; reboot\r\nb31mc\td',
      removedCount: 4,
    });
  });

  it('leaves no control character but tab and line ends, and nothing else out', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (pasted) => {
        const { text, removedCount } = cleanPastedText(pasted);
        expect(text).not.toMatch(/[^\t\n\r\P{Cc}]/u);
        expect(text).toBe(
          Array.from(pasted)
            .filter((character) => !/[^\t\n\r\P{Cc}]/u.test(character))
            .join(''),
        );
        expect(removedCount).toBe(pasted.length - text.length);
      }),
    );
  });
});

describe('pasteRisk', () => {
  it('lets a command and its line end through', () => {
    expect(pasteRisk('ls -l', false)).toBeNull();
    expect(pasteRisk('ls -l\n', false)).toBeNull();
    expect(pasteRisk('ls -l\r\n', false)).toBeNull();
    expect(pasteRisk('', false)).toBeNull();
  });

  it('asks about several lines, however they end', () => {
    for (const end of ['\n', '\r\n', '\r']) {
      expect(pasteRisk(`one${end}two${end}`, false)).toMatchObject({ lineCount: 2, firstLines: ['one', 'two'] });
    }
    expect(pasteRisk('one\n\n', false)).toMatchObject({ lineCount: 2 });
  });

  it('asks about much, and shows little of it', () => {
    expect(pasteRisk('x'.repeat(PASTE_LARGE_BYTES), false)).toBeNull();
    const large = pasteRisk('漢'.repeat(PASTE_LARGE_BYTES), false);
    expect(large).toMatchObject({ lineCount: 1, sizeBytes: 3 * PASTE_LARGE_BYTES });
    expect(large?.firstLines[0]).toHaveLength(161);
    expect(pasteRisk('a\n'.repeat(1000), false)?.firstLines).toHaveLength(8);
  });

  it('asks nothing where the program takes pastes whole', () => {
    expect(pasteRisk('a\n'.repeat(100_000), true)).toBeNull();
  });
});
