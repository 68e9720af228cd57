import { existsSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import Store from 'electron-store';
import * as v from 'valibot';
import { storageFailure } from '../library/durable.ts';
import type { Settings, SettingsPatch } from '../shared/model/settings.ts';
import { readStored, SETTINGS_VERSION, unusableSentence, usable, type StoredSettings } from './settings-file.ts';

const windowState = v.object({
  x: v.optional(v.number()),
  y: v.optional(v.number()),
  width: v.pipe(v.number(), v.minValue(400), v.maxValue(20_000)),
  height: v.pipe(v.number(), v.minValue(300), v.maxValue(20_000)),
  maximized: v.boolean(),
});
export type WindowState = v.InferOutput<typeof windowState>;

/** More broken files than this are not kept apart: the newest takes the place of the last. */
const BROKEN_MAX = 9;

/** The user's settings and the window's place, in `settings.json` of the data folder. */
export class SettingsStore {
  private readonly store: Store;
  private readonly listeners: ((settings: Settings) => void)[] = [];
  private stored: StoredSettings;
  /** A sentence when the file, or something in it, could not be used, for the user to see. */
  readonly problem: string | null;

  /** Reads once at start-up, before any window. */
  constructor(folder: string) {
    const broken = setAsideBroken(path.join(folder, 'settings.json'));
    this.store = new Store({ cwd: folder, name: 'settings', clearInvalidConfig: true });
    this.stored = readStored(this.store.store) ?? { version: SETTINGS_VERSION, values: {} };
    this.problem = broken ?? unusableSentence(this.stored);
  }

  get(): Settings {
    return usable(this.stored);
  }

  /** What is stored besides stays as it is, understood or not. */
  set(patch: SettingsPatch): Settings {
    const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
    const stored = { version: this.stored.version, values: { ...this.stored.values, ...given } };
    try {
      this.store.set({ version: stored.version, settings: stored.values });
    } catch (cause) {
      throw storageFailure(cause, 'The setting was not saved');
    }
    this.stored = stored;
    const settings = this.get();
    for (const listener of this.listeners) listener(settings);
    return settings;
  }

  /** Called after each change. */
  onChange(listener: (settings: Settings) => void): void {
    this.listeners.push(listener);
  }

  getWindow(): WindowState {
    const parsed = v.safeParse(windowState, this.store.get('window'));
    return parsed.success ? parsed.output : { width: 1180, height: 760, maximized: false };
  }

  setWindow(state: WindowState): void {
    this.store.set('window', state);
  }
}

/** @returns what is to be said about it; null when the file is sound, or there is none */
function setAsideBroken(file: string): string | null {
  if (!existsSync(file)) return null;
  try {
    if (readStored(JSON.parse(readFileSync(file, 'utf8'))) !== null) return null;
  } catch {
    // It is no JSON, or cannot be read: broken either way.
  }
  const aside = Array.from({ length: BROKEN_MAX }, (_, index) => `${file}.broken${index === 0 ? '' : `-${index + 1}`}`);
  const free = aside.find((candidate) => !existsSync(candidate)) ?? `${file}.broken-${BROKEN_MAX}`;
  try {
    renameSync(file, free);
  } catch {
    return `The settings file could not be read, and not be set aside. The defaults are used until ${path.basename(file)} is removed.`;
  }
  return `The settings file could not be read. It was set aside as ${path.basename(free)} and the defaults are used.`;
}
