import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../../../shared/model/settings.ts';
import { appearanceOf, fontStack, searchColours, xtermAppearance } from './terminal-appearance.ts';

describe('the appearance of terminals', () => {
  it('is what the settings say', () => {
    const settings = {
      ...DEFAULT_SETTINGS,
      terminalFontFamily: 'Fira Code',
      terminalFontSize: 18,
      terminalLineHeight: 1.5,
      terminalCursor: 'underline',
      terminalCursorBlinks: false,
      terminalScheme: 'dracula',
      scrollbackLines: 500,
      terminalScreenReader: true,
    } as const;
    expect(xtermAppearance(appearanceOf(settings, 'dark'), false)).toMatchObject({
      fontFamily: "'Fira Code', 'JetBrains Mono', ui-monospace, monospace",
      fontSize: 18,
      lineHeight: 1.5,
      cursorStyle: 'underline',
      cursorBlink: false,
      scrollback: 500,
      screenReaderMode: true,
      minimumContrastRatio: 4.5,
      theme: { background: '#282a36' },
    });
  });

  it('lets no cursor blink where nothing can be typed', () => {
    const appearance = appearanceOf(DEFAULT_SETTINGS, 'dark');
    expect(xtermAppearance(appearance, false).cursorBlink).toBe(true);
    expect(xtermAppearance(appearance, true).cursorBlink).toBe(false);
  });

  it('asks for more contrast where the scheme is for it', () => {
    const appearance = appearanceOf({ ...DEFAULT_SETTINGS, terminalScheme: 'high-contrast' }, 'light');
    expect(xtermAppearance(appearance, false)).toMatchObject({
      minimumContrastRatio: 7,
      theme: { background: '#ffffff' },
    });
  });

  it('marks matches for the colours that show, not for the app’s theme', () => {
    const nord = appearanceOf({ ...DEFAULT_SETTINGS, terminalScheme: 'nord' }, 'light');
    expect(searchColours(nord)).toEqual(searchColours(appearanceOf(DEFAULT_SETTINGS, 'dark')));
  });

  it('makes names of fonts of whatever a person writes, never more of a style sheet', () => {
    expect(fontStack('')).toBe("'JetBrains Mono', ui-monospace, monospace");
    expect(fontStack("Hack, 'Noto Sans Mono' , monospace")).toMatch(/^'Hack', 'Noto Sans Mono', monospace, /u);
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (written) => {
        const stack = fontStack(written);
        expect(stack).toMatch(/^(?:(?:'[^'"\\;{}\p{Cc}]+'|ui-monospace|monospace)(?:, |$))+$/u);
      }),
    );
  });
});
