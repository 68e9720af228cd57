import { expect, it } from 'vitest';
import type { Events } from '../shared/ipc/contract.ts';
import { progressEvents } from './progress-events.ts';

function sentBy(...steps: readonly (readonly [done: number, total: number])[]): readonly unknown[] {
  const sent: unknown[] = [];
  const progress = progressEvents({ send: (name, payload) => sent.push([name, payload]) }, 'verify');
  for (const [done, total] of steps) progress(done, total);
  return sent;
}
const at = (fraction: number): [string, Events['library.progress']] => [
  'library.progress',
  { what: 'verify', fraction },
];

it('sends each percent once', () => {
  const steps = Array.from({ length: 10_001 }, (_, done) => [done, 10_000] as const);
  const sent = sentBy(...steps);
  expect(sent.length).toBe(101);
  expect([sent[0], sent[50], sent[100]]).toEqual([at(0), at(0.5), at(1)]);
});

it('stays between none and all, whatever is counted', () => {
  expect(sentBy([5, 4], [0, 0])).toEqual([at(1)]);
  expect(sentBy([-1, 4])).toEqual([at(0)]);
});
