import { DEFAULT_SETTINGS, type SettingName, type SettingsPatch } from '../../../../shared/model/settings.ts';
import type { TextKey } from '../../../../shared/text/translator.ts';
import { locale, t } from '../../text/text.svelte.ts';
import { isDefault, SETTING_ROWS, type RowName, type SettingControl, type SettingRow } from './settings-table.ts';
import type { SettingsStore } from './settings-store.svelte.ts';

/** The settings page: what of it a search leaves, and what each row says. */
export class SettingsPage {
  search: string = $state('');
  readonly rows: readonly SettingRow[] = $derived.by(() => SETTING_ROWS.filter((row) => this.#matches(row)));
  readonly #store: SettingsStore;

  constructor(store: SettingsStore, search: string) {
    this.#store = store;
    this.search = search;
  }

  title(name: RowName | 'keys'): string {
    return t(`settings.${name}`);
  }

  choiceTitle(name: RowName, choice: string): string {
    return t(`settings.${name}.${choice}` as TextKey);
  }

  isChanged(name: SettingName): boolean {
    return !isDefault(name, this.#store.current, DEFAULT_SETTINGS);
  }

  /** “Default: …” */
  defaultWords({ name, control }: SettingRow): string {
    return t('settings.default', { value: this.#words(name, control) });
  }

  set(name: RowName, value: string | number | boolean): void {
    void this.#store.set({ [name]: value } as SettingsPatch as Parameters<SettingsStore['set']>[0]);
  }

  reset(name: SettingName): void {
    void this.#store.set({ [name]: DEFAULT_SETTINGS[name] });
  }

  resetAll(): void {
    // The width of the sidebar is not on this page.
    void this.#store.set({ ...DEFAULT_SETTINGS, sidebarWidth: this.#store.current.sidebarWidth });
  }

  #words(name: RowName, control: SettingControl): string {
    const value = DEFAULT_SETTINGS[name];
    if (control.kind === 'choice') return this.choiceTitle(name, String(value));
    if (typeof value === 'boolean') return t(value ? 'settings.on' : 'settings.off');
    if (typeof value === 'number') return value.toLocaleString(locale());
    return name === 'terminalFontFamily' ? 'JetBrains Mono' : t('settings.empty');
  }

  #matches({ name, group, control }: SettingRow): boolean {
    const choices = control.kind === 'choice' ? control.choices.map((each) => this.choiceTitle(name, each)) : [];
    const texts = [t(`settings.${name}`), t(`settings.${name}.about`), t(`settings.group.${group}`), name, ...choices];
    return hasWords(texts, this.search);
  }
}

/** Whether the texts have each word of a search, in any case and order. */
export function hasWords(texts: readonly string[], search: string): boolean {
  const text = texts.join('\n').toLowerCase();
  return search
    .trim()
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
