import type { Page } from '@playwright/test';

/** Sets the language as a person does in the settings. */
export async function setLanguage(page: Page, language: 'en' | 'zh' | 'system'): Promise<void> {
  await page.evaluate((wanted) => {
    const { terrarium } = globalThis as unknown as {
      terrarium: { call(name: string, args: unknown): Promise<unknown> };
    };
    return terrarium.call('settings.set', { language: wanted });
  }, language);
}

/**
 * The texts that show, or that a screen reader says, and have words in them but none of Chinese.
 * @param names what is called the same in every language: people's names, products, units
 */
export async function textsInLatinOnly(page: Page, names: readonly string[]): Promise<readonly string[]> {
  return page.evaluate((known) => {
    const texts: string[] = [];
    const skipped = '.xterm, [data-testid=snapshot-screen], kbd, code';
    for (const element of document.querySelectorAll<HTMLElement>('body *')) {
      if (element.closest(skipped) || !element.checkVisibility()) continue;
      for (const name of ['aria-label', 'title', 'placeholder', 'alt']) texts.push(element.getAttribute(name) ?? '');
      for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) texts.push(node.textContent ?? '');
    }
    const isKnown = (text: string): boolean => {
      const rest = known.reduce((left, name) => left.replaceAll(name, ' '), text);
      // Units, protocols, keys and numbers remain; a word has three letters in a row.
      return !/[A-Za-z]{3,}/.test(
        rest.replaceAll(
          /\b(?:[KMGT]iB|TCP|UDP|ICMP|PNG|Ctrl|Cmd|Alt|Shift|Enter|Esc|Tab|Space|Home|End|Page(?:Up|Down)|Delete|Insert|Backspace)\b/g,
          ' ',
        ),
      );
    };
    return [...new Set(texts.map((text) => text.trim()))].filter(
      (text) => text !== '' && !/\p{Script=Han}/u.test(text) && !isKnown(text),
    );
  }, names);
}
