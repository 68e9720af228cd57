import { TERMINAL_SCHEMES, type SettingName, type Settings } from '../../../../shared/model/settings.ts';

/** How a setting is changed. Choices are called `settings.<name>.<choice>` in the catalogue. */
export type SettingControl =
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'switch' }
  | { readonly kind: 'number'; readonly min: number; readonly max: number; readonly step: number }
  | { readonly kind: 'font' };

const choice = (...choices: readonly string[]): SettingControl => ({ kind: 'choice', choices });
const number = (min: number, max: number, step = 1): SettingControl => ({ kind: 'number', min, max, step });
const ON_OFF: SettingControl = { kind: 'switch' };

/** Settings by group, in the order they are shown. Bounds are those of shared/model/settings.ts, which a test compares. */
export const SETTING_GROUPS = {
  appearance: {
    language: choice('system', 'en', 'zh'),
    theme: choice('system', 'light', 'dark'),
    zoomPercent: number(50, 200, 10),
    screenScaling: choice('fit', 'whole'),
  },
  terminal: {
    terminalFontFamily: { kind: 'font' },
    terminalFontSize: number(8, 32),
    terminalLineHeight: number(1, 2, 0.1),
    terminalScheme: choice(...TERMINAL_SCHEMES),
    terminalCursor: choice('bar', 'block', 'underline'),
    terminalCursorBlinks: ON_OFF,
    scrollbackLines: number(100, 100_000, 100),
    bell: choice('none', 'visual', 'sound'),
    terminalScreenReader: ON_OFF,
  },
  input: {
    copyOnSelect: ON_OFF,
    warnBeforePaste: ON_OFF,
    guestClipboard: choice('ask', 'allow', 'deny'),
  },
  vms: {
    memoryBudgetMib: number(0, 1_048_576, 256),
    runningVmsMax: number(0, 256),
    slowsIdleVms: ON_OFF,
  },
  notices: {
    notifyFinished: ON_OFF,
    notifyAfterSeconds: number(1, 3600),
    closesToTray: ON_OFF,
  },
} as const satisfies Readonly<Record<string, Readonly<Partial<Record<SettingName, SettingControl>>>>>;

export type SettingGroup = keyof typeof SETTING_GROUPS;
type In<Group> = Group extends unknown ? keyof Group : never;
/** A setting that is a row of the page. */
export type RowName = In<(typeof SETTING_GROUPS)[SettingGroup]>;

export interface SettingRow {
  readonly name: RowName;
  readonly group: SettingGroup;
  readonly control: SettingControl;
}

export const SETTING_ROWS: readonly SettingRow[] = (Object.keys(SETTING_GROUPS) as SettingGroup[]).flatMap((group) =>
  Object.entries(SETTING_GROUPS[group] as Readonly<Record<string, SettingControl>>).map(([name, control]) => ({
    name: name as RowName,
    group,
    control,
  })),
);

/** Set by other means: the sidebar's width by dragging it. */
export const SETTINGS_WITHOUT_ROW: readonly SettingName[] = ['sidebarWidth', 'keys'];

/** What can be jumped to: the rows, and the keys. */
export const SHOWN_SETTINGS: readonly (RowName | 'keys')[] = [...SETTING_ROWS.map(({ name }) => name), 'keys'];

/** Whether a setting is what it was from the start. */
export function isDefault(name: SettingName, settings: Settings, defaults: Settings): boolean {
  return JSON.stringify(settings[name]) === JSON.stringify(defaults[name]);
}
