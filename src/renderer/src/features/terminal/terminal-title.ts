/** Longer than any tab is wide. */
const TITLE_MAX_CHARACTERS = 120;
/** What is worth looking at: a hostile title may be megabytes. */
const TITLE_READ_CHARACTERS = 1000;

/**
 * What a program called its terminal (OSC 0, OSC 2), fit to be shown: one line, without control characters and without
 * those that turn the direction of text or draw nothing.
 */
export function cleanTitle(title: string): string {
  const line = title
    .slice(0, TITLE_READ_CHARACTERS)
    .replaceAll(/\s+/gu, ' ')
    .replaceAll(/[\p{Cc}\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Cs}/gu, '')
    .trim();
  const characters = Array.from(line);
  return characters.length <= TITLE_MAX_CHARACTERS ? line : `${characters.slice(0, TITLE_MAX_CHARACTERS).join('')}…`;
}
