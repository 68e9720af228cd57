import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, type Settings } from '../../../../shared/model/settings.ts';
import { SettingsPage } from './settings-page.svelte.ts';
import type { SettingsStore } from './settings-store.svelte.ts';

function page(given: Partial<Settings> = {}) {
  const store = {
    current: { ...DEFAULT_SETTINGS, ...given },
    set(patch: Partial<Settings>) {
      this.current = { ...this.current, ...patch };
      return Promise.resolve();
    },
  };
  return { store, made: new SettingsPage(store as unknown as SettingsStore, '') };
}

describe('the settings page', () => {
  it('finds settings by title, description, group and choice', () => {
    const { made } = page();
    const find = (search: string): readonly string[] => {
      made.search = search;
      return made.rows.map(({ name }) => name);
    };
    expect(find('line height')).toEqual(['terminalLineHeight']);
    expect(find('DRACULA')).toEqual(['terminalScheme']);
    expect(find('letters of equal')).toEqual(['terminalFontFamily']);
    expect(find('nonsense')).toEqual([]);
    expect(find('').length).toBeGreaterThan(15);
  });

  it('knows what was changed, and takes it back', () => {
    const { made, store } = page({ theme: 'dark', sidebarWidth: 300, keys: { 'vm.new': null } });
    expect([made.isChanged('theme'), made.isChanged('bell'), made.isChanged('keys')]).toEqual([true, false, true]);
    made.reset('theme');
    expect(store.current.theme).toBe('system');
    made.resetAll();
    expect(store.current).toEqual({ ...DEFAULT_SETTINGS, sidebarWidth: 300 });
  });

  it('says what each is by default', () => {
    const { made } = page();
    const words = Object.fromEntries(made.rows.map((row) => [row.name, made.defaultWords(row)]));
    expect(words).toMatchObject({
      theme: 'Default: As the system',
      terminalFontFamily: 'Default: JetBrains Mono',
      copyOnSelect: 'Default: off',
      scrollbackLines: 'Default: 10,000',
    });
  });
});
