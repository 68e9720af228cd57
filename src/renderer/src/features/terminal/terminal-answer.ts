/** Reports of a terminal's place, kind, modes and colours, as programs ask for them; no key sends any of these. */
// eslint-disable-next-line no-control-regex -- they begin with the escape character
const ANSWER = /^\x1b(?:\[[?>=]?[\d;]*(?:[Rcn]|\$y)|\[\??[\d;]*t|[\]P])/;

/** Whether the terminal itself said this, and not the person. */
export function isTerminalAnswer(text: string): boolean {
  return ANSWER.test(text);
}
