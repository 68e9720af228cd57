import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SentenceTranslator } from '../shared/text/sentences/sentence-translator.ts';
import { sentences } from '../shared/text/sentences/zh/index.ts';
import { languageOf, translator, type Language } from '../shared/text/translator.ts';
import { readStored, usable } from './settings-file.ts';

/** What a person reads who started the app in vain, in the language of their settings as far as those can be read. */
export function startFailure(
  cause: unknown,
  folder: string,
  systemLocale: string,
): { readonly title: string; readonly content: string } {
  const language = storedLanguage(folder) ?? languageOf(systemLocale);
  const message = cause instanceof Error ? cause.message : String(cause);
  const why = language === 'zh' ? new SentenceTranslator(sentences).translate(message) : message;
  const t = translator(language);
  return { title: t('crash.start'), content: `${why}\n\n${t('crash.start-about', { folder })}` };
}

/** Only looked at: the settings' own store would put a broken file aside. Null where nothing can be made out. */
function storedLanguage(folder: string): Language | null {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path.join(folder, 'settings.json'), 'utf8'));
  } catch {
    return null;
  }
  const stored = readStored(value);
  if (stored === null) return null;
  const { language } = usable(stored);
  return language === 'system' ? null : language;
}
