import type { IParser } from '@xterm/xterm';

/** Ten times the widest terminal there is. More does nothing else, it only takes longer. */
export const CSI_COUNT_MAX = 10_000;

/**
 * Control sequences that xterm 6 (src/common/InputHandler.ts) repeats as often as their first
 * parameter says, up to 2³¹ − 1 times, while the page stands still: insert and delete lines and
 * characters, scroll, repeat, tab forward and back, erase characters.
 */
const COUNTED_FINALS = ['L', 'M', 'S', 'T', 'b', '@', 'P', 'X', 'Z', 'I'] as const;

/** Whether a sequence asks for more repetitions than any program has a use for. */
export function hasExcessiveCount(params: readonly (number | number[])[]): boolean {
  const [count] = params;
  return typeof count === 'number' && count > CSI_COUNT_MAX;
}

/** Makes a terminal ignore sequences with such counts; all others go on to xterm's own handlers. */
export function refuseExcessiveCounts(parser: Pick<IParser, 'registerCsiHandler'>): void {
  for (const final of COUNTED_FINALS) parser.registerCsiHandler({ final }, hasExcessiveCount);
}
