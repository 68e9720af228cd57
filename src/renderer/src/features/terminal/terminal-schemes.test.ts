import { describe, expect, it } from 'vitest';
import { TERMINAL_SCHEMES } from '../../../../shared/model/settings.ts';
import { ansiColours, schemeFor, xtermTheme } from './terminal-schemes.ts';

/** WCAG 2.2: relative luminance. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const THEMES = ['dark', 'light'] as const;
const all = TERMINAL_SCHEMES.flatMap((name) => THEMES.map((theme) => ({ name, theme })));

describe('terminal schemes', () => {
  it.each(all)('$name in the $theme theme has sixteen colours and readable text', ({ name, theme }) => {
    const scheme = schemeFor(name, theme);
    const colours = ansiColours(scheme);
    expect(colours).toHaveLength(16);
    for (const colour of [...colours, scheme.cursor, scheme.selection]) expect(colour).toMatch(/^#[0-9a-f]{6}$/u);
    expect(contrast(scheme.foreground, scheme.background)).toBeGreaterThanOrEqual(4.5);
    expect(scheme.isDark).toBe(luminance(scheme.background) < 0.2);
  });

  it('follow the theme of the app where they have both', () => {
    for (const { name } of all.filter(({ theme }) => theme === 'light')) {
      expect(schemeFor(name, 'light').isDark, name).toBe(name === 'nord');
      expect(schemeFor(name, 'dark').isDark, name).toBe(true);
    }
  });

  it.each(THEMES)('has colours of seven to one for those who need them (%s)', (theme) => {
    const scheme = schemeFor('high-contrast', theme);
    const colours = ansiColours(scheme).slice(theme === 'dark' ? 1 : 0);
    for (const colour of colours) expect(contrast(colour, scheme.background), colour).toBeGreaterThanOrEqual(7);
  });

  it('give xterm every colour by its name', () => {
    const theme = xtermTheme(schemeFor('gruvbox', 'dark'));
    expect(theme.red).toBe('#cc241d');
    expect(theme.brightWhite).toBe('#ebdbb2');
    expect(Object.values(theme)).not.toContain(undefined);
  });
});
