import { describe, expect, it } from 'vitest';
import { CursorRest } from './cursor-rest.ts';

function setUp() {
  const seen: boolean[] = [];
  let waiting: (() => void) | null = null;
  const rest = new CursorRest({
    after: (_delayMs, run) => {
      waiting = run;
      return () => (waiting = null);
    },
    setBlinking: (isBlinking) => void seen.push(isBlinking),
  });
  return { rest, seen, pass: () => waiting?.() };
}

describe('a cursor', () => {
  it('rests when nobody has used it for a while, and blinks again with the next key', () => {
    const { rest, seen, pass } = setUp();
    rest.set(true);
    pass();
    rest.used();
    rest.used();
    pass();
    expect(seen).toEqual([true, false, true, false]);
  });

  it('never blinks for who does not want it to', () => {
    const { rest, seen, pass } = setUp();
    rest.used();
    rest.set(true);
    rest.set(false);
    pass();
    rest.used();
    expect(seen).toEqual([true, false]);
  });

  it('leaves nothing waiting', () => {
    const { rest, seen, pass } = setUp();
    rest.set(true);
    rest.dispose();
    pass();
    expect(seen).toEqual([true]);
  });
});
