/** Longer ones are for programs, not for people to look at before they open them. */
const ADDRESS_MAX_CHARACTERS = 2048;
const SCHEMES = new Set(['http:', 'https:', 'mailto:']);

/** Addresses in plain text, up to what usually ends them: white space, quotes, closing punctuation. */
export const PLAIN_ADDRESS = /(?:https?|HTTPS?):\/\/[^\s"'!*(){}|\\^<>`]*[^\s"':,.!?{}|\\^~[\]`()<>]/u;

/**
 * What an address a guest printed really is, as a browser would understand it (names of other scripts in their coded
 * form), or null when it is none a person may open from here.
 */
export function openableAddress(printed: string): string | null {
  if (printed.length > ADDRESS_MAX_CHARACTERS || !URL.canParse(printed)) return null;
  const url = new URL(printed);
  return SCHEMES.has(url.protocol) ? url.href : null;
}

/** The address that stands last in a text, or null. */
export function lastAddressIn(text: string): string | null {
  const found = text.match(new RegExp(PLAIN_ADDRESS.source, 'gu'))?.findLast((each) => openableAddress(each) !== null);
  return found === undefined ? null : openableAddress(found);
}

/** Whether a click is one that opens links: with Control held, on a Mac with Command. */
export function opensLinks(event: Pick<MouseEvent, 'ctrlKey' | 'metaKey'>, isMac: boolean): boolean {
  return isMac ? event.metaKey : event.ctrlKey;
}
