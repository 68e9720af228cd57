import * as v from 'valibot';
import { keyOverrides } from './keys.ts';

const whole = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

/** The colour schemes of terminals; `terrarium` follows the app's theme, light or dark. */
export const TERMINAL_SCHEMES = [
  'terrarium',
  'solarized',
  'gruvbox',
  'nord',
  'dracula',
  'one',
  'tango',
  'high-contrast',
] as const;
export type TerminalScheme = (typeof TERMINAL_SCHEMES)[number];

/** What each setting may be, and what it is until a person changes it. Stored by main through electron-store. */
const TABLE = {
  language: [v.picklist(['system', 'en', 'zh']), 'system'],
  theme: [v.picklist(['system', 'light', 'dark']), 'system'],
  /** Of the whole window. */
  zoomPercent: [whole(50, 200), 100],
  sidebarWidth: [v.pipe(v.number(), v.minValue(180), v.maxValue(480)), 248],
  terminalFontFamily: [v.pipe(v.string(), v.maxLength(200)), ''],
  terminalFontSize: [whole(8, 32), 14],
  terminalLineHeight: [v.pipe(v.number(), v.minValue(1), v.maxValue(2)), 1.2],
  terminalCursor: [v.picklist(['bar', 'block', 'underline']), 'bar'],
  terminalCursorBlinks: [v.boolean(), true],
  terminalScheme: [v.picklist(TERMINAL_SCHEMES), 'terrarium'],
  scrollbackLines: [whole(100, 100_000), 10_000],
  copyOnSelect: [v.boolean(), false],
  /** Asks before several lines, or very much text, are pasted. */
  warnBeforePaste: [v.boolean(), true],
  bell: [v.picklist(['none', 'visual', 'sound']), 'visual'],
  /** Whether programs in a guest may put text on the host's clipboard (OSC 52). */
  guestClipboard: [v.picklist(['ask', 'allow', 'deny']), 'ask'],
  /** Terminals keep a copy of their text that screen readers read. */
  terminalScreenReader: [v.boolean(), false],
  /** How large what a VM's display shows is drawn. */
  screenScaling: [v.picklist(['fit', 'whole']), 'fit'],
  /** Tells when a command that took long has finished, while the person looks elsewhere. */
  notifyFinished: [v.boolean(), true],
  notifyAfterSeconds: [whole(1, 3600), 30],
  /** Memory all running VMs may have together, in MiB; 0 is half of the machine's. */
  memoryBudgetMib: [whole(0, 1_048_576), 0],
  /** How many VMs may run at once; 0 is a number that suits the machine. */
  runningVmsMax: [whole(0, 256), 0],
  /** VMs that nobody uses are slowed down until a key or a packet comes. */
  slowsIdleVms: [v.boolean(), true],
  /** Closing the window leaves the app and its VMs running in the tray. */
  closesToTray: [v.boolean(), false],
  keys: [keyOverrides, {}],
} as const satisfies Record<string, readonly [v.GenericSchema, unknown]>;

type Table = typeof TABLE;
export type SettingName = keyof Table;
export type Settings = { readonly [Name in SettingName]: v.InferOutput<Table[Name][0]> };
export type SettingsPatch = { readonly [Name in SettingName]?: Settings[Name] | undefined };

export const SETTING_NAMES = Object.keys(TABLE) as SettingName[];
export const DEFAULT_SETTINGS = each(([, value]) => value) as Settings;

/** What was stored, as far as it is what a setting may be; a default in place of each value that is not. */
export const settingsSchema = v.object(
  each(([schema, value]) => v.fallback(schema, value as never)),
) as unknown as v.GenericSchema<unknown, Settings>;

/** A change to some settings. Unlike reading, a bad value here is refused, not replaced. */
export const settingsPatch = v.strictObject(
  each(([schema]) => v.optional(schema)),
) as unknown as v.GenericSchema<SettingsPatch>;

function each<Value>(of: (entry: readonly [v.GenericSchema, unknown]) => Value): Record<string, Value> {
  return Object.fromEntries(Object.entries(TABLE).map(([name, entry]) => [name, of(entry)]));
}
