import * as v from 'valibot';
import { DEFAULT_SETTINGS, settingsPatch, settingsSchema, type Settings } from '../shared/model/settings.ts';

/** What lies in settings.json, apart from the window's place. */
export interface StoredSettings {
  readonly version: number;
  /** As they are in the file: also what only a newer version knows, which is kept for it. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** The settings of one version of the file, made into those of the next. The first had no number. */
type Migration = (values: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
const MIGRATIONS: readonly Migration[] = [(values) => values];
export const SETTINGS_VERSION = MIGRATIONS.length;

/** What the file's content is, brought to this version; null when it is no settings file at all. */
export function readStored(content: unknown): StoredSettings | null {
  if (!isRecord(content)) return null;
  const { version = 0, settings = {} } = content;
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 0 || !isRecord(settings)) return null;
  const values = MIGRATIONS.slice(version).reduce((old, migrate) => migrate(old), settings);
  // A newer file stays what it is: the newer version finds it as it left it.
  return { version: Math.max(version, SETTINGS_VERSION), values };
}

/** The settings to use: defaults in place of what is missing, or may not be. */
export function usable({ values }: StoredSettings): Settings {
  const parsed = v.safeParse(settingsSchema, values);
  return parsed.success ? parsed.output : DEFAULT_SETTINGS;
}

/** A sentence about values that cannot be used, or null. In a newer version's file that is to be expected. */
export function unusableSentence({ version, values }: StoredSettings): string | null {
  if (version > SETTINGS_VERSION) return null;
  const names = Object.keys(DEFAULT_SETTINGS).filter(
    (name) => Object.hasOwn(values, name) && !v.safeParse(settingsPatch, { [name]: values[name] }).success,
  );
  if (names.length === 0) return null;
  return `In settings.json ${names.join(', ')} cannot be used as written. The defaults are used instead; choose anew in Settings.`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
