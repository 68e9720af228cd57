import { describe, expect, it } from 'vitest';
import { ChangeQueue } from './change-queue.ts';

describe('ChangeQueue', () => {
  it('runs one change at a time, in order', async () => {
    const queue = new ChangeQueue();
    const log: string[] = [];
    const change = (name: string, waitMs: number) => async (): Promise<string> => {
      log.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      log.push(`${name} ends`);
      return name;
    };
    const results = await Promise.all([queue.run(change('slow', 20)), queue.run(change('fast', 0))]);
    expect(results).toEqual(['slow', 'fast']);
    expect(log).toEqual(['slow begins', 'slow ends', 'fast begins', 'fast ends']);
  });

  it('tells the one who asked of a failure, and goes on', async () => {
    const queue = new ChangeQueue();
    const failing = queue.run(() => Promise.reject(new Error('no')));
    const next = queue.run(() => Promise.resolve('yes'));
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('yes');
    const thrown = queue.run(() => {
      throw new Error('at once');
    });
    await expect(thrown).rejects.toThrow('at once');
    expect(await queue.run(() => Promise.resolve('still'))).toBe('still');
  });

  it('is idle when the last change is over, also one that was asked for meanwhile', async () => {
    const queue = new ChangeQueue();
    await queue.idle();
    const log: string[] = [];
    const first = queue.run(async () => {
      await new Promise(setImmediate);
      void queue.run(() => Promise.resolve(log.push('second')));
      log.push('first');
    });
    await queue.idle();
    expect(log).toEqual(['first', 'second']);
    await first;
  });
});
