import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONSOLE_INPUT_MAX_BYTES } from '../shared/model/limits.ts';
import { ConsoleInput } from './console-input.ts';

const GUEST_BUFFER_BYTES = 4096;

/** A guest that takes a piece or refuses it, and a clock the test winds. */
class Guest {
  readonly taken: Uint8Array[] = [];
  private timers: (() => void)[] = [];
  readonly input: ConsoleInput;

  constructor(takes: () => boolean) {
    this.input = new ConsoleInput(
      (piece) => {
        if (!takes()) return false;
        this.taken.push(piece.slice());
        return true;
      },
      (_afterMs, run) => this.timers.push(run),
    );
  }

  /** @returns how many timers were waiting */
  wind(): number {
    const due = this.timers.splice(0);
    for (const run of due) run();
    return due.length;
  }

  received(): Buffer {
    return Buffer.concat(this.taken);
  }
}

describe('ConsoleInput', () => {
  it('gives a guest that refuses at random every byte once, in order, in pieces it can hold', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 10_000 }), { maxLength: 15 }),
        fc.infiniteStream(fc.boolean()),
        (texts, answers) => {
          const guest = new Guest(() => answers.next().value === true);
          for (const text of texts) {
            expect(guest.input.push(text)).toBe(true);
            expect(guest.wind()).toBeLessThanOrEqual(1);
          }
          for (let turns = 0; guest.wind() > 0 && turns < 10_000; turns += 1) expect(turns).toBeLessThan(9_999);
          expect(guest.received().equals(Buffer.concat(texts))).toBe(true);
          expect(guest.taken.every((piece) => piece.byteLength <= GUEST_BUFFER_BYTES)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps what is typed even when the caller uses its array again', () => {
    let open = false;
    const guest = new Guest(() => open);
    const keys = new TextEncoder().encode('ls\n');
    guest.input.push(keys);
    keys.fill(0);
    open = true;
    guest.wind();
    expect(guest.received().toString()).toBe('ls\n');
  });

  it('refuses a paste whole when too much is waiting, and takes it when there is room again', () => {
    let open = false;
    const guest = new Guest(() => open);
    const half = new Uint8Array(CONSOLE_INPUT_MAX_BYTES / 2).fill(1);
    expect(guest.input.push(half)).toBe(true);
    expect(guest.input.push(half)).toBe(true);
    expect(guest.input.push(Uint8Array.of(2))).toBe(false);
    open = true;
    while (guest.wind() > 0);
    expect(guest.input.push(Uint8Array.of(3))).toBe(true);
    const received = guest.received();
    expect(received.byteLength).toBe(CONSOLE_INPUT_MAX_BYTES + 1);
    expect(received.at(-1)).toBe(3);
  });

  it('does not poll when nothing waits', () => {
    const guest = new Guest(() => true);
    guest.input.push(Buffer.from('x'));
    expect(guest.wind()).toBe(0);
  });
});
