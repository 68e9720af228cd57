import type { ISearchDecorationOptions } from '@xterm/addon-search';
import type { ITheme } from '@xterm/xterm';

/*
 * Both palettes keep every ANSI colour but the dark theme's black readable (4.5:1 or better) on their
 * own background, and sit beside the greens of the app without shouting.
 */

const DARK: ITheme = {
  background: '#0d1310',
  foreground: '#d6e0d9',
  cursor: '#8fe0b3',
  cursorAccent: '#0d1310',
  selectionBackground: '#2b5a43',
  selectionInactiveBackground: '#33614a',
  scrollbarSliderBackground: '#ffffff1f',
  scrollbarSliderHoverBackground: '#ffffff38',
  scrollbarSliderActiveBackground: '#ffffff52',
  black: '#3a4a41',
  red: '#ec8072',
  green: '#7cc894',
  yellow: '#d9b565',
  blue: '#82b3e0',
  magenta: '#c79bd8',
  cyan: '#72c4c0',
  white: '#cdd8d0',
  brightBlack: '#7d9086',
  brightRed: '#f7a395',
  brightGreen: '#9fe0b2',
  brightYellow: '#efd08a',
  brightBlue: '#a6cdf2',
  brightMagenta: '#debbea',
  brightCyan: '#98dfda',
  brightWhite: '#f3f8f4',
};

const LIGHT: ITheme = {
  background: '#fbfcfa',
  foreground: '#22302a',
  cursor: '#1c6b48',
  cursorAccent: '#fbfcfa',
  selectionBackground: '#bfdcc9',
  selectionInactiveBackground: '#c3d9ca',
  scrollbarSliderBackground: '#18241d24',
  scrollbarSliderHoverBackground: '#18241d40',
  scrollbarSliderActiveBackground: '#18241d5c',
  black: '#22302a',
  red: '#b0342a',
  green: '#1f7046',
  yellow: '#80590c',
  blue: '#235f9c',
  magenta: '#82439b',
  cyan: '#11696f',
  white: '#647069',
  brightBlack: '#5c6a62',
  brightRed: '#98271e',
  brightGreen: '#185c38',
  brightYellow: '#6b4a08',
  brightBlue: '#194d83',
  brightMagenta: '#6c3384',
  brightCyan: '#0c565b',
  brightWhite: '#3b4a42',
};

/** The terminal's colours for the theme that is showing. */
export function terminalPalette(theme: 'light' | 'dark'): ITheme {
  return theme === 'dark' ? DARK : LIGHT;
}

/** How search marks what it found. */
export function searchColours(theme: 'light' | 'dark'): ISearchDecorationOptions {
  return theme === 'dark'
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
