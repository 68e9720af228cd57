import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapAtOnce } from './map-at-once.ts';

describe('mapAtOnce', () => {
  it('gives every result in its place and never runs more than it may', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(3), { maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        async (items, atOnce) => {
          let running = 0;
          let most = 0;
          const results = await mapAtOnce(items, atOnce, async (item) => {
            most = Math.max(most, (running += 1));
            for (let turn = 0; turn < item; turn += 1) await delay(0);
            running -= 1;
            return item * 2;
          });
          expect(results).toEqual(items.map((item) => item * 2));
          expect(most).toBeLessThanOrEqual(atOnce);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('fails as the one that fails', async () => {
    const failing = mapAtOnce([1, 2, 3], 2, (item) =>
      item === 2 ? Promise.reject(new Error('two')) : Promise.resolve(item),
    );
    await expect(failing).rejects.toThrow('two');
  });
});
