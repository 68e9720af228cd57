import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Scoreboard } from './scoreboard.ts';
import { seqAdd, seqDiff } from './seqnum.ts';

const SPAN = 200;
/** So that the span lies across the wrap. */
const BASE = 2 ** 32 - 100;

test('a scoreboard is a set of bytes', () => {
  const step = fc.record({ isTrim: fc.boolean(), from: fc.nat(SPAN), length: fc.integer({ min: 1, max: 40 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const board = new Scoreboard();
      let held = new Set<number>();
      let una = 0;
      for (const { isTrim, from, length } of steps) {
        if (isTrim) {
          una = Math.max(una, Math.min(from, una + length));
          held = new Set([...held].filter((byte) => byte >= una));
          board.trim(seqAdd(BASE, una));
        } else if (from > una) {
          const before = held.size;
          for (let byte = from; byte < from + length; byte++) held.add(byte);
          expect(board.add(seqAdd(BASE, from), seqAdd(BASE, from + length))).toBe(held.size > before);
        }
        expect(board.byteCount).toBe(held.size);
        expect(board.isEmpty).toBe(held.size === 0);
        if (held.size > 0) expect(seqDiff(board.end, BASE)).toBe(Math.max(...held) + 1);
        let free = from;
        while (held.has(free)) free++;
        expect(seqDiff(board.skipHeld(seqAdd(BASE, from)), BASE)).toBe(free);
        let gap = free;
        while (!held.has(gap) && gap < SPAN * 2) gap++;
        expect(seqDiff(board.gapEnd(seqAdd(BASE, free), seqAdd(BASE, SPAN * 2)), BASE)).toBe(gap);
        expect(board.bytesBelow(seqAdd(BASE, from))).toBe([...held].filter((byte) => byte < from).length);
      }
    }),
    { numRuns: 500 },
  );
});
