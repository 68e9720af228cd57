import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SendQueue } from './send-queue.ts';

test('a queue of chunks reads as one run of bytes, from any place, whatever is acknowledged', () => {
  const step = fc.oneof(
    fc.record({ push: fc.integer({ min: 0, max: 30 }) }),
    // As large as is kept as it came.
    fc.record({ push: fc.integer({ min: 1020, max: 1030 }) }),
    fc.record({ acknowledge: fc.nat(60) }),
    fc.record({ from: fc.nat(1000), length: fc.nat(100) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
      const queue = new SendQueue();
      let model: number[] = [];
      let next = 0;
      for (const each of steps) {
        if ('push' in each) {
          const chunk = Uint8Array.from({ length: each.push }, () => next++ % 251);
          queue.push(chunk);
          model.push(...chunk);
        } else if ('acknowledge' in each) {
          queue.acknowledge(each.acknowledge);
          model = model.slice(each.acknowledge);
        } else if (model.length > 0) {
          const from = each.from % model.length;
          const length = Math.min(each.length, model.length - from);
          const target = new Uint8Array(length + 2).fill(255);
          queue.copy(from, length, target, 1);
          expect([...target]).toEqual([255, ...model.slice(from, from + length), 255]);
        }
        expect(queue.byteCount).toBe(model.length);
      }
      queue.clear();
      expect(queue.byteCount).toBe(0);
    }),
    { numRuns: 200 },
  );
});
