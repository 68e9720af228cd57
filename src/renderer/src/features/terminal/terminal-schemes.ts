import type { ITheme } from '@xterm/xterm';
import type { TerminalScheme } from '../../../../shared/model/settings.ts';

/** One set of terminal colours. */
export interface Scheme {
  readonly isDark: boolean;
  readonly background: string;
  readonly foreground: string;
  readonly cursor: string;
  readonly selection: string;
  /** Black, red, green, yellow, blue, magenta, cyan and white, then the same eight bright. */
  readonly ansi: string;
}

/** What a scheme has: one of both, or the only one its authors made. */
interface SchemePair {
  readonly dark: Scheme;
  readonly light: Scheme | null;
}

const dark = (background: string, foreground: string, cursor: string, selection: string, ansi: string): Scheme => ({
  isDark: true,
  background,
  foreground,
  cursor,
  selection,
  ansi,
});
const light = (...colours: Parameters<typeof dark>): Scheme => ({ ...dark(...colours), isDark: false });

/*
 * Terrarium's own keep every ANSI colour but the dark theme's black readable (4.5:1 or better) on their background, and
 * sit beside the greens of the app without shouting. The others are their authors' colours; what cannot be read in them,
 * xterm's least contrast mends. Solarized's text on light is one step darker than its author's, for the same reason.
 */
const SCHEMES: Readonly<Record<TerminalScheme, SchemePair>> = {
  terrarium: {
    dark: dark(
      '#0d1310',
      '#d6e0d9',
      '#8fe0b3',
      '#2b5a43',
      `#3a4a41 #ec8072 #7cc894 #d9b565 #82b3e0 #c79bd8 #72c4c0 #cdd8d0
       #7d9086 #f7a395 #9fe0b2 #efd08a #a6cdf2 #debbea #98dfda #f3f8f4`,
    ),
    light: light(
      '#fbfcfa',
      '#22302a',
      '#1c6b48',
      '#bfdcc9',
      `#22302a #b0342a #1f7046 #80590c #235f9c #82439b #11696f #647069
       #5c6a62 #98271e #185c38 #6b4a08 #194d83 #6c3384 #0c565b #3b4a42`,
    ),
  },
  solarized: {
    dark: dark(
      '#002b36',
      '#93a1a1',
      '#93a1a1',
      '#0b4f5e',
      `#073642 #dc322f #859900 #b58900 #268bd2 #d33682 #2aa198 #eee8d5
       #586e75 #cb4b16 #93a118 #c79a1f #4ba3dd #6c71c4 #93a1a1 #fdf6e3`,
    ),
    light: light(
      '#fdf6e3',
      '#586e75',
      '#586e75',
      '#e0d7b8',
      `#073642 #dc322f #859900 #b58900 #268bd2 #d33682 #2aa198 #93a1a1
       #586e75 #cb4b16 #6d7e00 #946f00 #1c6fab #6c71c4 #1f7f78 #002b36`,
    ),
  },
  gruvbox: {
    dark: dark(
      '#282828',
      '#ebdbb2',
      '#ebdbb2',
      '#504945',
      `#282828 #cc241d #98971a #d79921 #458588 #b16286 #689d6a #a89984
       #928374 #fb4934 #b8bb26 #fabd2f #83a598 #d3869b #8ec07c #ebdbb2`,
    ),
    light: light(
      '#fbf1c7',
      '#3c3836',
      '#3c3836',
      '#d5c4a1',
      `#3c3836 #cc241d #98971a #d79921 #458588 #b16286 #689d6a #7c6f64
       #928374 #9d0006 #79740e #b57614 #076678 #8f3f71 #427b58 #282828`,
    ),
  },
  nord: {
    dark: dark(
      '#2e3440',
      '#d8dee9',
      '#d8dee9',
      '#4c5b78',
      `#3b4252 #bf616a #a3be8c #ebcb8b #81a1c1 #b48ead #88c0d0 #e5e9f0
       #7b88a1 #bf616a #a3be8c #ebcb8b #81a1c1 #b48ead #8fbcbb #eceff4`,
    ),
    light: null,
  },
  dracula: {
    dark: dark(
      '#282a36',
      '#f8f8f2',
      '#f8f8f2',
      '#44475a',
      `#21222c #ff5555 #50fa7b #f1fa8c #bd93f9 #ff79c6 #8be9fd #f8f8f2
       #6272a4 #ff6e6e #69ff94 #ffffa5 #d6acff #ff92df #a4ffff #ffffff`,
    ),
    light: light(
      '#fffbeb',
      '#1f1f1f',
      '#1f1f1f',
      '#cfcfde',
      `#1f1f1f #cb3a2a #14710a #846e15 #644ac9 #a3144d #036a96 #6c664b
       #6c664b #d74c3d #198d0c #9e841a #7862d0 #bf185a #047fb4 #2c2b31`,
    ),
  },
  one: {
    dark: dark(
      '#282c34',
      '#abb2bf',
      '#528bff',
      '#3e4451',
      `#3f4451 #e06c75 #98c379 #e5c07b #61afef #c678dd #56b6c2 #d7dae0
       #7f848e #ff7a84 #a9d18a #f0cc86 #74bdf7 #d68aea #66c6d2 #ffffff`,
    ),
    light: light(
      '#fafafa',
      '#383a42',
      '#526fff',
      '#d5dbe8',
      `#383a42 #e45649 #50a14f #c18401 #4078f2 #a626a4 #0184bc #696c77
       #696c77 #ca1243 #3f8f3e #986801 #2f66dc #8d1f8b #016b99 #202227`,
    ),
  },
  tango: {
    dark: dark(
      '#2e3436',
      '#d3d7cf',
      '#eeeeec',
      '#4f5a5d',
      `#2e3436 #cc0000 #4e9a06 #c4a000 #3465a4 #75507b #06989a #d3d7cf
       #888a85 #ef2929 #8ae234 #fce94f #729fcf #ad7fa8 #34e2e2 #eeeeec`,
    ),
    light: light(
      '#ffffff',
      '#2e3436',
      '#2e3436',
      '#cfdceb',
      `#2e3436 #cc0000 #4e9a06 #8f6f00 #3465a4 #75507b #047a7c #6f726c
       #555753 #a40000 #3c7a04 #745a00 #204a87 #5c3566 #03595a #1c2022`,
    ),
  },
  'high-contrast': {
    dark: dark(
      '#000000',
      '#ffffff',
      '#ffff00',
      '#1f5fbf',
      `#767676 #ff8585 #5fff5f #ffff5f #8ab8ff #ff9bff #5fffff #ffffff
       #a8a8a8 #ffadad #9fff9f #ffffaf #b4d2ff #ffc2ff #afffff #ffffff`,
    ),
    light: light(
      '#ffffff',
      '#000000',
      '#000000',
      '#9ec5ff',
      `#000000 #9c0000 #005200 #573b00 #0000b8 #720072 #00505a #3d3d3d
       #4a4a4a #850000 #004500 #4a3200 #000094 #5f005f #00434b #000000`,
    ),
  },
};

const ANSI_NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;
const BRIGHT_NAMES = [
  'brightBlack',
  'brightRed',
  'brightGreen',
  'brightYellow',
  'brightBlue',
  'brightMagenta',
  'brightCyan',
  'brightWhite',
] as const;

/** The colours of a scheme for the app's theme; a scheme that has no light colours shows its dark ones. */
export function schemeFor(name: TerminalScheme, theme: 'light' | 'dark'): Scheme {
  const pair = SCHEMES[name];
  return theme === 'dark' ? pair.dark : (pair.light ?? pair.dark);
}

/** The sixteen colours that programs name, in their order. */
export function ansiColours(scheme: Scheme): readonly string[] {
  return scheme.ansi.split(/\s+/u);
}

/** A scheme as xterm takes it. */
export function xtermTheme(scheme: Scheme): ITheme {
  const { isDark, background, foreground, cursor, selection } = scheme;
  const slider = isDark ? '#ffffff' : '#18241d';
  const ansi = ansiColours(scheme);
  return {
    background,
    foreground,
    cursor,
    cursorAccent: background,
    selectionBackground: selection,
    selectionInactiveBackground: selection,
    scrollbarSliderBackground: `${slider}24`,
    scrollbarSliderHoverBackground: `${slider}40`,
    scrollbarSliderActiveBackground: `${slider}5c`,
    ...Object.fromEntries([...ANSI_NAMES, ...BRIGHT_NAMES].map((name, index) => [name, ansi[index]])),
  };
}
