import { existsSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import Store from 'electron-store';
import * as v from 'valibot';
import { storageFailure } from '../library/durable.ts';
import { DEFAULT_SETTINGS, settingsSchema, type Settings } from '../shared/model/settings.ts';

const windowState = v.object({
  x: v.optional(v.number()),
  y: v.optional(v.number()),
  width: v.pipe(v.number(), v.minValue(400), v.maxValue(20_000)),
  height: v.pipe(v.number(), v.minValue(300), v.maxValue(20_000)),
  maximized: v.boolean(),
});
export type WindowState = v.InferOutput<typeof windowState>;

/** The user's settings and the window's place, in `settings.json` of the data folder. */
export class SettingsStore {
  private readonly store: Store<{ settings?: unknown; window?: unknown }>;
  /** A sentence when a broken file was set aside, for the user to see. */
  readonly problem: string | null;

  /** Reads once at start-up, before any window. */
  constructor(folder: string) {
    this.problem = setAsideBroken(path.join(folder, 'settings.json'));
    this.store = new Store({ cwd: folder, name: 'settings', clearInvalidConfig: true });
  }

  get(): Settings {
    const parsed = v.safeParse(settingsSchema, this.store.get('settings') ?? {});
    return parsed.success ? parsed.output : DEFAULT_SETTINGS;
  }

  set(patch: { [Key in keyof Settings]?: Settings[Key] | undefined }): Settings {
    const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
    const settings = { ...this.get(), ...given };
    try {
      this.store.set('settings', settings);
    } catch (cause) {
      throw storageFailure(cause, 'The setting was not saved');
    }
    return settings;
  }

  getWindow(): WindowState {
    const parsed = v.safeParse(windowState, this.store.get('window'));
    return parsed.success ? parsed.output : { width: 1180, height: 760, maximized: false };
  }

  setWindow(state: WindowState): void {
    this.store.set('window', state);
  }
}

function setAsideBroken(file: string): string | null {
  if (!existsSync(file)) return null;
  try {
    JSON.parse(readFileSync(file, 'utf8'));
    return null;
  } catch {
    const aside = `${file}.broken`;
    renameSync(file, aside);
    return `The settings file could not be read. It was set aside as ${path.basename(aside)} and the defaults are used.`;
  }
}
