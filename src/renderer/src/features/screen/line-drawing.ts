/*
 * Lines and blocks of code page 437 are drawn as rectangles, not with a font: they must meet those of the cells around.
 */

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** 0..1 */
  readonly opacity: number;
}

/** From B3h: how many lines go up, right, down and left; blocks are between them and have none. */
const ARMS =
  '1010 1011 1012 2021 0021 0012 2022 2020 0022 2002 2001 1002 0011 1100 1101 0111 1110 0101 1111 1210 2120 2200 0220 ' +
  '2202 0222 2220 0202 2222 1202 2101 0212 0121 2100 1200 0210 0120 2121 1212 1001 0110';

const FIRST_LINE = 0xb3;
const LINES: readonly (readonly number[])[] = ARMS.split(' ').map((arms) => Array.from(arms, Number));

/** The rectangles of a character in a cell of this size; null for one that a font draws. */
export function drawnLines(character: number, width: number, height: number): readonly Rectangle[] | null {
  const block = blockOf(character, width, height);
  if (block !== null) return [block];
  const arms = LINES[character - FIRST_LINE];
  if (arms === undefined) return null;
  const [up = 0, right = 0, down = 0, left = 0] = arms;
  const thick = Math.max(1, Math.round(width / 8));
  const [middleX, middleY] = [Math.floor((width - thick) / 2), Math.floor((height - thick) / 2)];
  const offsets = (count: number): readonly number[] => (count === 2 ? [-thick, thick] : count === 1 ? [0] : []);
  // A line reaches as far over the middle as the lines that cross it are apart.
  const reachX = Math.max(up, down) === 2 ? 2 * thick : thick;
  const reachY = Math.max(left, right) === 2 ? 2 * thick : thick;
  const solid = { opacity: 1 };
  return [
    ...offsets(up).map((by) => ({ x: middleX + by, y: 0, width: thick, height: middleY + reachY, ...solid })),
    ...offsets(down).map((by) => {
      const y = middleY - reachY + thick;
      return { x: middleX + by, y, width: thick, height: height - y, ...solid };
    }),
    ...offsets(left).map((by) => ({ x: 0, y: middleY + by, width: middleX + reachX, height: thick, ...solid })),
    ...offsets(right).map((by) => {
      const x = middleX - reachX + thick;
      return { x, y: middleY + by, width: width - x, height: thick, ...solid };
    }),
  ];
}

function blockOf(character: number, width: number, height: number): Rectangle | null {
  const whole = { x: 0, y: 0, width, height, opacity: 1 };
  const [halfX, halfY] = [Math.floor(width / 2), Math.floor(height / 2)];
  switch (character) {
    case 0xb0:
      return { ...whole, opacity: 0.25 };
    case 0xb1:
      return { ...whole, opacity: 0.5 };
    case 0xb2:
      return { ...whole, opacity: 0.75 };
    case 0xdb:
      return whole;
    case 0xdc:
      return { ...whole, y: halfY, height: height - halfY };
    case 0xdd:
      return { ...whole, width: halfX };
    case 0xde:
      return { ...whole, x: halfX, width: width - halfX };
    case 0xdf:
      return { ...whole, height: halfY };
    default:
      return null;
  }
}
