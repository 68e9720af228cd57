/** Colours, where somebody sees them. */

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

/** Codes of ECMA-48, 8.3.117: on and off. */
const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};

export interface TerminalStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Whether lines may be rewritten in place. */
export function isLively(stream: TerminalStream, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

/** As https://no-color.org has it: NO_COLOR with any value but the empty one turns colours off. */
export function hasColours(stream: TerminalStream, env: NodeJS.ProcessEnv): boolean {
  return isLively(stream, env) && (env['NO_COLOR'] ?? '') === '';
}

export type Painter = (style: Style, text: string) => string;

export function painter(isColoured: boolean): Painter {
  if (!isColoured) return (_style, text) => text;
  return (style, text) => {
    const [on, off] = CODES[style];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}
