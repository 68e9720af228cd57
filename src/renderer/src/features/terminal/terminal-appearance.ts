import type { ISearchDecorationOptions } from '@xterm/addon-search';
import type { ITerminalOptions } from '@xterm/xterm';
import type { Settings, TerminalScheme } from '../../../../shared/model/settings.ts';
import { schemeFor, xtermTheme } from './terminal-schemes.ts';

/** What a person chose about how terminals look. */
export interface TerminalAppearance {
  readonly theme: 'light' | 'dark';
  readonly scheme: TerminalScheme;
  readonly fontFamily: string;
  readonly fontSize: number;
  readonly lineHeight: number;
  readonly cursor: 'bar' | 'block' | 'underline';
  readonly cursorBlinks: boolean;
  readonly scrollbackLines: number;
  /** Keeps a copy of the text in the page that screen readers read. */
  readonly isReadAloud: boolean;
}

const FONT_STACK = "'JetBrains Mono', ui-monospace, monospace";
/** Programs put any colour on any other; the text stays readable on all of them: WCAG AA, and AAA where that is asked for. */
const CONTRAST_MIN = 4.5;
const CONTRAST_HIGH = 7;

export function appearanceOf(settings: Settings, theme: 'light' | 'dark'): TerminalAppearance {
  return {
    theme,
    scheme: settings.terminalScheme,
    fontFamily: settings.terminalFontFamily,
    fontSize: settings.terminalFontSize,
    lineHeight: settings.terminalLineHeight,
    cursor: settings.terminalCursor,
    cursorBlinks: settings.terminalCursorBlinks,
    scrollbackLines: settings.scrollbackLines,
    isReadAloud: settings.terminalScreenReader,
  };
}

/** The fonts to try, in order: a person's own, then ours. It is only ever given to CSS as a font's name. */
export function fontStack(fontFamily: string): string {
  const names = fontFamily
    .split(',')
    .map((name) => name.replaceAll(/["'\\;{}\p{Cc}]/gu, '').trim())
    .filter((name) => name !== '')
    .map((name) => (/^(?:ui-monospace|monospace)$/u.test(name) ? name : `'${name}'`));
  return [...names, FONT_STACK].join(', ');
}

/** What may change while a terminal is on the screen, as xterm takes it. */
export function xtermAppearance(appearance: TerminalAppearance, isReadOnly: boolean): ITerminalOptions {
  return {
    theme: xtermTheme(schemeFor(appearance.scheme, appearance.theme)),
    minimumContrastRatio: appearance.scheme === 'high-contrast' ? CONTRAST_HIGH : CONTRAST_MIN,
    fontFamily: fontStack(appearance.fontFamily),
    fontSize: appearance.fontSize,
    lineHeight: appearance.lineHeight,
    cursorStyle: appearance.cursor,
    cursorBlink: appearance.cursorBlinks && !isReadOnly,
    scrollback: appearance.scrollbackLines,
    screenReaderMode: appearance.isReadAloud,
  };
}

/** How search marks what it found. */
export function searchColours({ scheme, theme }: TerminalAppearance): ISearchDecorationOptions {
  return schemeFor(scheme, theme).isDark
    ? {
        matchBackground: '#4a3f1c',
        matchOverviewRuler: '#a98a3a',
        activeMatchBackground: '#8a6d1f',
        activeMatchColorOverviewRuler: '#e0b25c',
      }
    : {
        matchBackground: '#f3e3b5',
        matchOverviewRuler: '#c9a13d',
        activeMatchBackground: '#e5bf57',
        activeMatchColorOverviewRuler: '#a86a10',
      };
}
