import { describe, expect, it } from 'vitest';
import { SendWindow } from './window.ts';

/** Whether a promise is settled once everything that could run has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const mark = (): void => {
    settled = true;
  };
  promise.then(mark, mark);
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

describe('SendWindow', () => {
  it('has room below its limit and waits at it', async () => {
    const window = new SendWindow(10);
    await window.room();
    window.sent(9);
    await window.room();
    window.sent(1);
    const room = window.room();
    expect(await isSettled(room)).toBe(false);
    window.confirmed(1);
    await room;
  });

  it('waits on while a confirmation makes too little room', async () => {
    const window = new SendWindow(10);
    window.sent(30);
    const room = window.room();
    window.confirmed(20);
    expect(await isSettled(room)).toBe(false);
    window.confirmed(1);
    await room;
  });

  it('does not grow when more is confirmed than was sent', async () => {
    const window = new SendWindow(10);
    window.sent(5);
    window.confirmed(1000);
    window.sent(10);
    expect(await isSettled(window.room())).toBe(false);
  });

  it('fails the waiting sender and every later one, with the first cause', async () => {
    const window = new SendWindow(1);
    window.sent(1);
    const room = window.room();
    window.fail(new Error('first'));
    window.fail(new Error('second'));
    await expect(room).rejects.toThrow('first');
    await expect(window.room()).rejects.toThrow('first');
  });
});
