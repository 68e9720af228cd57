import { beforeEach, describe, expect, it, vi } from 'vitest';

const made: FakeNotification[] = [];
class FakeNotification {
  static isSupported = (): boolean => FakeNotification.supported;
  static supported = true;
  readonly options: { title: string; body: string };
  readonly listeners: (() => void)[] = [];
  isShown = false;
  constructor(options: { title: string; body: string }) {
    this.options = options;
    made.push(this);
  }
  on(_event: 'click', listener: () => void): void {
    this.listeners.push(listener);
  }
  show(): void {
    this.isShown = true;
  }
}
vi.mock('electron', () => ({ Notification: FakeNotification }));
const { Notifications } = await import('./notifications.ts');

const text = { token: 'a-1', title: 'make finished in build-2', body: 'After 3 min.' };
beforeEach(() => {
  made.length = 0;
  FakeNotification.supported = true;
});

describe('Notifications', () => {
  it('are shown, and tell when they are clicked', () => {
    const clicked = vi.fn();
    expect(new Notifications(() => 0, clicked).show(text)).toBe(true);
    expect(made[0]).toMatchObject({ isShown: true, options: { title: text.title, body: text.body } });
    made[0]?.listeners[0]?.();
    expect(clicked).toHaveBeenCalledWith('a-1');
  });

  it('are no more than a few in half a minute', () => {
    let nowMs = 0;
    const notifications = new Notifications(
      () => nowMs,
      () => undefined,
    );
    const answers = Array.from({ length: 7 }, () => notifications.show(text));
    expect(answers).toEqual([true, true, true, true, true, false, false]);
    nowMs = 30_000;
    expect(notifications.show(text)).toBe(true);
  });

  it('say where there are none', () => {
    FakeNotification.supported = false;
    expect(new Notifications(() => 0, vi.fn()).show(text)).toBe(false);
    expect(made).toEqual([]);
  });
});
