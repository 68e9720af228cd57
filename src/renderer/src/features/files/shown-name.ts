/** What turns the direction of a line or is not seen at all: a name with it can pass for another. */
const UNSEEN = /\p{C}|\p{Zl}|\p{Zp}|\u034f|\u115f|\u1160|\u17b4|\u17b5|[\u180b-\u180f]|\u3164|\uffa0/gu;

/**
 * A guest's name of a file as a person may see it: on one line, every character seen and in its order. For showing only;
 * the file is asked for by its own name.
 */
export function shownName(name: string): string {
  return name.replace(UNSEEN, (character) => {
    const code = character.codePointAt(0) ?? 0;
    // Unicode has pictures of the control characters of ASCII.
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    return code === 0x7f ? '\u2421' : '\ufffd';
  });
}
