import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { checkpointsSchema } from '../../../../shared/model/checkpoints.ts';
import { intervalOptions, keepOptions } from './checkpoint-options.ts';

describe('the choices of checkpoints', () => {
  it('are all ones that main takes', () => {
    for (const { value: everyMinutes } of intervalOptions(15)) {
      for (const { value: keep } of keepOptions(10)) {
        const chosen = { everyMinutes: Number(everyMinutes), keep: Number(keep) };
        expect(v.safeParse(checkpointsSchema, chosen).success).toBe(true);
      }
    }
  });

  it('have what is set, in its place', () => {
    expect(intervalOptions(45).map(({ title }) => title)).toEqual([
      '5 min',
      '15 min',
      '30 min',
      '45 min',
      '1 h',
      '4 h',
    ]);
    expect(keepOptions(10).map(({ value }) => value)).toEqual(['3', '5', '10', '20', '50']);
  });
});
