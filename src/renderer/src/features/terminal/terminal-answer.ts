/**
 * Reports of a terminal's place, kind, modes, colours, focus and mouse, as programs ask for them. Shift+F3 looks like the place of
 * line 1 and is taken for a key.
 */
// eslint-disable-next-line no-control-regex -- they begin with the escape character
const ANSWER = /^\x1b(?:\[(?!1;2R$)[?>=]?[\d;]*(?:[Rcn]|\$y)|\[\??[\d;]*t|\[[IO]$|\[<[\d;]*[Mm]|\[M|[\]P])/;

/** Whether the terminal itself said this, and not the person. */
export function isTerminalAnswer(text: string): boolean {
  return ANSWER.test(text);
}
