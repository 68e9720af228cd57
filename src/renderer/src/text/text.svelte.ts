import { SentenceTranslator } from '../../../shared/text/sentences/sentence-translator.ts';
import { sentences } from '../../../shared/text/sentences/zh/index.ts';
import { languageOf, translator, type Language, type Translate } from '../../../shared/text/translator.ts';

let language: Language = $state('en');
const translate = $derived(translator(language));

/** The text of a key in the language the person reads. What is drawn with it is drawn anew when that changes. */
export const t: Translate = (key, values) => translate(key, values);

let chinese: SentenceTranslator | null = null;

/** A finished English sentence, as failures come, in the language the person reads. */
export function said(sentence: string): string {
  if (language !== 'zh') return sentence;
  chinese ??= new SentenceTranslator(sentences);
  return chinese.translate(sentence);
}

/** @param wanted as it is set; `system` asks the browser */
export function setLanguage(wanted: Language | 'system', systemLocale: string): void {
  language = wanted === 'system' ? languageOf(systemLocale) : wanted;
  document.documentElement.lang = language === 'zh' ? 'zh-Hans' : 'en';
}

/** For dates and numbers, as `Intl` takes it. */
export function locale(): string {
  return language === 'zh' ? 'zh-CN' : 'en-GB';
}

/** Sentences, one after the other: Chinese sets no space between them. */
export function joinSentences(sentences: readonly string[]): string {
  return sentences.join(language === 'zh' ? '' : ' ');
}
