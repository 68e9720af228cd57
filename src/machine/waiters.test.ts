import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Waiters } from './waiters.ts';

describe('Waiters', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('lets all go on at once, and nobody twice', async () => {
    const waiters = new Waiters();
    const both = Promise.all([waiters.wait(10, 'a'), waiters.wait(20, 'b')]);
    waiters.done();
    await both;
    expect(vi.getTimerCount()).toBe(0);
    const late = waiters.wait(10, 'Too late.');
    const refused = expect(late).rejects.toMatchObject({ code: 'guest-unresponsive', message: 'Too late.' });
    await vi.advanceTimersByTimeAsync(10);
    await refused;
    waiters.done();
  });

  it('gives up each at its own time', async () => {
    const waiters = new Waiters();
    const refused = expect(waiters.wait(10, 'First.')).rejects.toThrow('First.');
    const waiting = waiters.wait(20, 'Second.');
    await vi.advanceTimersByTimeAsync(10);
    await refused;
    waiters.done();
    await waiting;
    expect(vi.getTimerCount()).toBe(0);
  });
});
