import { describe, expect, it } from 'vitest';
import { Jobs } from './jobs.ts';

describe('Jobs', () => {
  it('is settled when nothing was begun', async () => {
    await expect(new Jobs().settled()).resolves.toBeUndefined();
  });

  it('does not mind work that fails', async () => {
    const jobs = new Jobs();
    const failing = expect(jobs.track(Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(jobs.settled()).resolves.toBeUndefined();
    await failing;
  });

  it('waits for work that begins while it waits', async () => {
    const jobs = new Jobs();
    const ended: string[] = [];
    const work = async (name: string, then?: () => void): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      ended.push(name);
      then?.();
    };
    void jobs.track(work('first', () => void jobs.track(work('second'))));
    await jobs.settled();
    expect(ended).toEqual(['first', 'second']);
  });
});
