import { describe, expect, it, vi } from 'vitest';
import { FinishedCommands } from './finished-commands.ts';

function setUp(given: { hasFocus?: boolean; isShown?: boolean; notifyFinished?: boolean; isSupported?: boolean } = {}) {
  const { hasFocus = false, isShown = true, notifyFinished = true, isSupported = true } = given;
  const call = vi.fn().mockResolvedValue({ ok: true, value: isSupported });
  const success = vi.fn();
  const place = { vmName: 'build-2', isShown: () => isShown, show: vi.fn() };
  const finished = new FinishedCommands({
    bridge: { call },
    notices: { success, failure: vi.fn() },
    settings: () => ({ notifyFinished, notifyAfterSeconds: 30 }),
    hasFocus: () => hasFocus,
  });
  const take = (durationMs = 180_000, exitCode: number | null = 0, text = 'make') =>
    finished.take({ text, durationMs, exitCode }, place);
  return { call, success, place, finished, take };
}

describe('a finished command', () => {
  it('is told of by the system while the window is in the background', async () => {
    const { take, call, success, finished, place } = setUp();
    await take();
    const [name, args] = call.mock.calls[0] as [string, { token: string }];
    expect(name).toBe('notification.show');
    expect(args).toMatchObject({ title: 'make finished in build-2', body: 'After 3 min.' });
    expect(success).not.toHaveBeenCalled();
    finished.clicked(args.token);
    finished.clicked(args.token);
    expect(place.show).toHaveBeenCalledTimes(1);
  });

  it('that failed says so', async () => {
    const { take, call } = setUp();
    await take(40_000, 2, '');
    expect(call.mock.calls[0]?.[1]).toMatchObject({
      title: 'A command failed in build-2',
      body: 'After 40 s, with exit code 2.',
    });
  });

  it('is told of in the window while another terminal is used, or the system shows nothing', async () => {
    for (const given of [{ hasFocus: true, isShown: false }, { isSupported: false }]) {
      const { take, success } = setUp(given);
      await take();
      expect(success.mock.calls[0]?.[0]).toBe('make finished in build-2 · After 3 min.');
    }
  });

  it.each([
    ['it is in sight', { hasFocus: true }, 180_000],
    ['it was short', {}, 29_000],
    ['nobody wants to know', { notifyFinished: false }, 180_000],
  ])('is not told of when %s', async (_why, given, durationMs) => {
    const { take, call, success } = setUp(given);
    await take(durationMs);
    expect([call.mock.calls.length, success.mock.calls.length]).toEqual([0, 0]);
  });
});
