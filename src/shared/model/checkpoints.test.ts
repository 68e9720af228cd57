import * as v from 'valibot';
import { expect, it } from 'vitest';
import { parseName } from './names.ts';
import { CHECKPOINT_NAME, checkpointsSchema } from './checkpoints.ts';

it.each([
  [{ everyMinutes: 5, keep: 1 }, true],
  [{ everyMinutes: 1440, keep: 50 }, true],
  [{ everyMinutes: 4, keep: 1 }, false],
  [{ everyMinutes: 1441, keep: 1 }, false],
  [{ everyMinutes: 7.5, keep: 1 }, false],
  [{ everyMinutes: 5, keep: 0 }, false],
  [{ everyMinutes: 5, keep: 51 }, false],
  [{ everyMinutes: 5 }, false],
])('takes %j: %s', (checkpoints, isTaken) => {
  expect(v.safeParse(checkpointsSchema, checkpoints).success).toBe(isTaken);
});

it('has a name that a snapshot can have', () => {
  expect(parseName('snapshot', CHECKPOINT_NAME)).toEqual({ ok: true, value: CHECKPOINT_NAME });
});
