import { expect, it } from 'vitest';
import { interleave } from './interleave.ts';

it('interleave takes turns and does not count the first of each', async () => {
  const order: string[] = [];
  let count = 0;
  const take = (who: string) => (): Promise<string> => {
    order.push(who);
    count += 1;
    return Promise.resolve(`${who}${count}`);
  };
  const seen: number[] = [];
  const measured = await interleave(2, take('a'), take('b'), (run) => seen.push(run));
  expect(order.join('')).toBe('ababab');
  expect(measured).toEqual({ ours: ['a3', 'a5'], baseline: ['b4', 'b6'] });
  expect(seen).toEqual([0, 1, 2]);
});
