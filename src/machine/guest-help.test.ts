import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FailureError } from '../shared/result.ts';
import type { Command } from './agent/session.ts';
import { prepareGuest } from './guest-help.ts';
import type { GuestLink } from './guest-link.ts';

type Link = Pick<GuestLink, 'isReady' | 'call' | 'start'>;

const COMMAND: Command = {
  input: () => undefined,
  endInput: () => undefined,
  took: () => undefined,
  signal: () => undefined,
  resize: () => undefined,
};

/** A guest that does what it is asked, and a list of that. */
function willing(change: Partial<Link> = {}): { link: Link; asked: string[] } {
  const asked: string[] = [];
  const link: Link = {
    isReady: true,
    call: (body) => {
      asked.push(`call ${body[0]}`);
      return Promise.resolve(new Uint8Array(0));
    },
    start: (request, events) => {
      asked.push(request.argv.slice(1).join(' '));
      setTimeout(() => events.ended({ kind: 'exited', code: 0 }), 0);
      return Promise.resolve(COMMAND);
    },
    ...change,
  };
  return { link, asked };
}

describe('a guest that is to be saved', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('writes out its files, and then forgets what it read', async () => {
    const { link, asked } = willing();
    const prepared = prepareGuest(link, true);
    await vi.runAllTimersAsync();
    await prepared;
    expect(asked).toEqual(['call 1', 'sh -c echo 1 >/proc/sys/vm/drop_caches']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('forgets nothing when it is not to', async () => {
    const { link, asked } = willing();
    await prepareGuest(link, false);
    expect(asked).toEqual(['call 1']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not asked before its agent is there', async () => {
    const { link, asked } = willing({ isReady: false });
    await prepareGuest(link, true);
    expect(asked).toEqual([]);
  });

  it.each<[string, Partial<Link>]>([
    ['its files take for ever', { call: () => new Promise<never>(() => undefined) }],
    ['it never starts a program', { start: () => new Promise<never>(() => undefined) }],
    ['its program never ends', { start: () => Promise.resolve(COMMAND) }],
  ])('is waited for five seconds when %s', async (_what, change) => {
    let isPrepared = false;
    const prepared = prepareGuest(willing(change).link, true).then(() => (isPrepared = true));
    await vi.advanceTimersByTimeAsync(4999);
    expect(isPrepared).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await prepared;
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each<[string, Partial<Link>]>([
    ['refuses', { call: () => Promise.reject(new FailureError('busy', 'No.')) }],
    ['has no busybox', { start: () => Promise.reject(new FailureError('not-found', 'No such program.')) }],
  ])('may be one that %s', async (_what, change) => {
    await prepareGuest(willing(change).link, true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not hide a bug', async () => {
    const { link } = willing({ call: () => Promise.reject(new TypeError('ours')) });
    await expect(prepareGuest(link, true)).rejects.toThrow('ours');
    expect(vi.getTimerCount()).toBe(0);
  });
});
