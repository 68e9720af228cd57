import { describe, expect, it } from 'vitest';
import { FailureError } from '../shared/result.ts';
import { PageSweeper } from './page-sweeper.ts';

/** Sweeps that end when they are told to. */
function slowSweeps() {
  const ends: ((failure?: Error) => void)[] = [];
  const sweep = (): Promise<void> =>
    new Promise((resolve, reject) => {
      ends.push((failure) => (failure === undefined ? resolve() : reject(failure)));
    });
  return { ends, sweep };
}

describe('sweeping in the background', () => {
  it('happens once more for all that was asked for meanwhile', async () => {
    const { ends, sweep } = slowSweeps();
    const sweeper = new PageSweeper(sweep, null);
    await sweeper.idle();
    for (let time = 0; time < 3; time += 1) sweeper.request();
    expect(ends.length).toBe(1);
    const idle = sweeper.idle();
    ends[0]?.();
    await expect.poll(() => ends.length).toBe(2);
    ends[1]?.();
    await idle;
    sweeper.request();
    expect(ends.length).toBe(3);
    ends[2]?.();
    await sweeper.idle();
    expect(ends.length).toBe(3);
  });

  it('tells what went wrong, and goes on', async () => {
    const { ends, sweep } = slowSweeps();
    const told: unknown[] = [];
    const sweeper = new PageSweeper(sweep, (cause) => told.push(cause));
    const failure = new FailureError('io', 'The disk reported an error.');
    sweeper.request();
    ends[0]?.(failure);
    await sweeper.idle();
    expect(told).toEqual([failure]);
    sweeper.request();
    ends[1]?.();
    await sweeper.idle();
  });

  it('fails where it is waited for when nobody is told, once', async () => {
    const { ends, sweep } = slowSweeps();
    const sweeper = new PageSweeper(sweep, null);
    sweeper.request();
    ends[0]?.(new FailureError('io', 'The disk reported an error.'));
    await expect(sweeper.idle()).rejects.toMatchObject({ code: 'io' });
    await sweeper.idle();
  });
});
