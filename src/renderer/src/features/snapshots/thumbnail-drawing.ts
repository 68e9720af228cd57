import type { ScreenPreview } from '../../../../shared/model/state.ts';

/** More of a screen than this would be dust at the size of a thumbnail. */
const COLUMNS = 64;
const ROWS = 20;

/** Where the letters of a screen are, for a drawing in which each is a small block. `x` and `y` count from 0 to 1. */
export interface Block {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The blocks of a screen's last rows, those of one word joined. */
export function thumbnailBlocks({ lines }: ScreenPreview): readonly Block[] {
  const blocks: Block[] = [];
  lines.slice(-ROWS).forEach((line, row) => {
    for (const word of line.slice(0, COLUMNS).matchAll(/\S+/g)) {
      blocks.push({
        x: word.index / COLUMNS,
        y: (row + 0.2) / ROWS,
        width: word[0].length / COLUMNS,
        height: 0.6 / ROWS,
      });
    }
  });
  return blocks;
}
