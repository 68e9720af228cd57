import { createInstance } from 'i18next';
import { en } from './en/index.ts';
import { zh } from './zh/index.ts';

export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

/** `thing` for the pair `thing_one`, `thing_other`, which differ by `count`. */
type WithoutPlural<Key> = Key extends `${infer Stem}_one` | `${infer Stem}_other` ? Stem : Key;
export type TextKey = WithoutPlural<keyof typeof en>;
export type TextValues = Readonly<Record<string, string | number>>;
/** @param values what stands for `{{name}}` in the text; `count` chooses its plural form, too */
export type Translate = (key: TextKey, values?: TextValues) => string;

const TEXTS: Readonly<Record<Language, Readonly<Record<string, string>>>> = { en, zh };

export function translator(language: Language): Translate {
  const instance = createInstance({
    lng: language,
    fallbackLng: 'en',
    resources: Object.fromEntries(LANGUAGES.map((each) => [each, { translation: TEXTS[each] }])),
    // Keys are whole: `a.b` is no place in a tree, `a:b` no file.
    keySeparator: false,
    nsSeparator: false,
    initAsync: false,
    // Texts are put into the page as text, never as markup.
    interpolation: { escapeValue: false },
  });
  void instance.init();
  const t = instance.getFixedT(language);
  return (key, values) => t(key, values ?? {});
}

/** The language to use where the system's is, say, `zh-CN`. */
export function languageOf(locale: string): Language {
  return locale.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}
