import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_SETTINGS } from '../shared/model/settings.ts';
import { readStored, SETTINGS_VERSION, unusableSentence, usable } from './settings-file.ts';

// electron-store is conf with Electron's folders; the store is given a folder, so conf does.
vi.mock('electron-store', async () => {
  const { default: Conf } = await import('conf');
  return {
    default: class extends Conf {
      constructor({ name, ...options }: { name: string; cwd: string }) {
        super({ ...options, configName: name });
      }
    },
  };
});
const { SettingsStore } = await import('./settings-store.ts');

let folder = '';
const file = (): string => path.join(folder, 'settings.json');
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'terrarium-settings-'))));
afterEach(() => rmSync(folder, { recursive: true }));

describe('a settings file', () => {
  it('of the first version, which had no number, is taken over', () => {
    const stored = readStored({ settings: { theme: 'dark' }, window: {} });
    expect(stored).toEqual({ version: SETTINGS_VERSION, values: { theme: 'dark' } });
    expect(usable(stored!)).toEqual({ ...DEFAULT_SETTINGS, theme: 'dark' });
  });

  it.each([[[]], ['text'], [null], [{ settings: [] }], [{ version: 'one' }], [{ version: -1 }]])(
    'is none when it holds %j',
    (content) => expect(readStored(content)).toBeNull(),
  );

  it('is used as far as its values may be what they are', () => {
    const stored = readStored({ version: SETTINGS_VERSION, settings: { theme: 'sepia', zoomPercent: 120 } })!;
    expect(usable(stored)).toEqual({ ...DEFAULT_SETTINGS, zoomPercent: 120 });
    expect(unusableSentence(stored)).toContain('theme');
  });

  it('of a newer version is no problem', () => {
    const stored = readStored({ version: SETTINGS_VERSION + 1, settings: { theme: 'sepia' } })!;
    expect(stored.version).toBe(SETTINGS_VERSION + 1);
    expect(unusableSentence(stored)).toBeNull();
  });
});

describe('SettingsStore', () => {
  it('keeps what a newer version stored', () => {
    const newer = { version: SETTINGS_VERSION + 1, settings: { theme: 'sepia', holograms: true } };
    writeFileSync(file(), JSON.stringify(newer));
    const store = new SettingsStore(folder);
    expect(store.set({ zoomPercent: 150 })).toEqual({ ...DEFAULT_SETTINGS, zoomPercent: 150 });
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject({
      version: SETTINGS_VERSION + 1,
      settings: { theme: 'sepia', holograms: true, zoomPercent: 150 },
    });
  });

  it('sets a broken file aside each time, and says so', () => {
    for (const expected of ['settings.json.broken', 'settings.json.broken-2']) {
      writeFileSync(file(), '{"settings": ');
      const store = new SettingsStore(folder);
      expect(store.problem).toContain(`set aside as ${expected} `);
      expect(store.get()).toEqual(DEFAULT_SETTINGS);
    }
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['settings.json.broken', 'settings.json.broken-2']));
  });

  it('tells of changes, and finds them again', () => {
    const store = new SettingsStore(folder);
    const heard = vi.fn();
    store.onChange(heard);
    store.set({ theme: 'light', keys: { 'app.help': 'F2' } });
    expect(heard).toHaveBeenCalledWith({ ...DEFAULT_SETTINGS, theme: 'light', keys: { 'app.help': 'F2' } });
    expect(new SettingsStore(folder).get().theme).toBe('light');
    expect(new SettingsStore(folder).problem).toBeNull();
  });
});
