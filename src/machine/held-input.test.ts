import { describe, expect, it } from 'vitest';
import { HeldInput } from './held-input.ts';
import type { ScreenInput } from './screen-frame.ts';

const keys = (...codes: number[]): ScreenInput => ({ kind: 'keys', codes: Uint8Array.from(codes) });
const buttons = (left: boolean): ScreenInput => ({ kind: 'buttons', left, middle: false, right: false });

describe('what is done to a machine that stands still', () => {
  it('happens once it goes on, in order, but for movements', () => {
    const held = new HeldInput();
    const done = [keys(0x1d), { kind: 'move', dx: 1, dy: 1, x: 0, y: 0 } as const, keys(0x9d), buttons(true)];
    for (const input of done) held.keep(input, false);
    expect(held.take()).toEqual([done[0], done[2], done[3]]);
    expect(held.take()).toEqual([]);
  });

  it('only lets go of what was held while a person has paused it', () => {
    const held = new HeldInput();
    const released = [keys(0x9d), keys(0xe0, 0xc8), buttons(false)];
    for (const input of [keys(0x1d), keys(0xe0, 0x48), buttons(true), ...released]) held.keep(input, true);
    expect(held.take()).toEqual(released);
  });

  it('keeps the newest of very many', () => {
    const held = new HeldInput();
    for (let code = 0; code < 1000; code += 1) held.keep(keys(code & 0x7f), false);
    const taken = held.take();
    expect(taken.length).toBeLessThan(100);
    expect(taken.at(-1)).toEqual(keys(999 & 0x7f));
  });
});
