import { app } from 'electron';
import { languageOf, translator, type Translate } from '../shared/text/translator.ts';
import type { SettingsStore } from './settings-store.ts';

/** The texts of main's own dialogs, in the language the person reads now. */
export function mainText(settings: Pick<SettingsStore, 'get'>): Translate {
  const { language } = settings.get();
  return translator(language === 'system' ? languageOf(app.getLocale()) : language);
}
