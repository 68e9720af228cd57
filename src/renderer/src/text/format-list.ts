import { locale } from './text.svelte.ts';

/** “a, b and c”, as the language joins them. */
export function formatList(names: readonly string[]): string {
  return new Intl.ListFormat(locale(), { type: 'conjunction' }).format(names);
}
