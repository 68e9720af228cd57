import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONSOLE_HISTORY_BYTES, CONSOLE_UNACKED_MAX_BYTES } from '../shared/model/limits.ts';
import { ConsoleOutput } from './console-output.ts';

/** A console whose timers run when the test says so, and a viewer that notes what it gets. */
class Bench {
  readonly sent: Uint8Array[] = [];
  readonly stalls: boolean[] = [];
  private timers: (() => void)[] = [];
  readonly console: ConsoleOutput;

  constructor(history = new Uint8Array(0)) {
    this.console = new ConsoleOutput(
      {
        send: (bytes) => this.sent.push(bytes.slice()),
        stalled: (stalled) => this.stalls.push(stalled),
        schedule: (_afterMs, run) => this.timers.push(run),
      },
      history,
    );
  }

  runTimers(): void {
    for (const run of this.timers.splice(0)) run();
  }

  received(): Buffer {
    return Buffer.concat(this.sent);
  }
}

type Step =
  | { readonly kind: 'push'; readonly bytes: Uint8Array }
  | { readonly kind: 'attach' | 'detach' | 'timers' | 'ack' | 'snapshot' };
const pushes = fc.uint8Array({ maxLength: 300 }).map((bytes): Step => ({ kind: 'push', bytes }));
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: pushes },
  { weight: 3, arbitrary: fc.constantFrom<Step>({ kind: 'timers' }, { kind: 'ack' }, { kind: 'snapshot' }) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: 'attach' }, { kind: 'detach' }) },
);

describe('ConsoleOutput', () => {
  it('shows each viewer the history and then every byte once, in order', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 80 }), (script) => {
        const bench = new Bench();
        const printed: number[] = [];
        let shown: number[] | null = null;
        const take = (): void => {
          for (const bytes of bench.sent.splice(0)) shown?.push(...bytes);
        };
        for (const step of script) {
          switch (step.kind) {
            case 'push':
              bench.console.push(step.bytes.slice());
              printed.push(...step.bytes);
              break;
            case 'attach': {
              const history = bench.console.attach();
              // What was still on its way goes to the viewer before; the new one has it in its history.
              take();
              shown = [...history];
              expect(shown).toEqual(printed);
              break;
            }
            case 'detach':
              bench.console.detach();
              take();
              if (shown) expect(shown).toEqual(printed);
              shown = null;
              break;
            case 'timers':
              bench.runTimers();
              break;
            case 'ack':
              bench.console.acked(bench.received().byteLength);
              break;
            case 'snapshot':
              expect([...bench.console.snapshot()]).toEqual(printed);
              break;
          }
          take();
        }
        bench.runTimers();
        take();
        if (shown) expect(shown).toEqual(printed);
        expect([...bench.console.snapshot()]).toEqual(printed);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps a bounded history that begins at a line and ends at the newest byte', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 5, maxLength: 14 }),
        fc.integer({ min: 1, max: 200 }),
        (sizes, lineBytes) => {
          const bench = new Bench();
          const all: Buffer[] = [];
          let count = 0;
          for (const size of sizes) {
            const bytes = new Uint8Array(size);
            for (let at = 0; at < size; at += 1, count += 1)
              bytes[at] = count % (lineBytes + 1) === lineBytes ? 10 : 65 + (count % 26);
            all.push(Buffer.from(bytes));
            bench.console.push(bytes);
          }
          const printed = Buffer.concat(all);
          const history = Buffer.from(bench.console.snapshot());
          expect(history.byteLength).toBeLessThanOrEqual(CONSOLE_HISTORY_BYTES);
          expect(printed.subarray(printed.byteLength - history.byteLength).equals(history)).toBe(true);
          if (printed.byteLength <= CONSOLE_HISTORY_BYTES) expect(history.byteLength).toBe(printed.byteLength);
          else {
            expect(printed[printed.byteLength - history.byteLength - 1]).toBe(10);
            expect(history.byteLength).toBeGreaterThanOrEqual(CONSOLE_HISTORY_BYTES - lineBytes - 1);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('takes one piece larger than the whole history', () => {
    const bench = new Bench();
    const bytes = new Uint8Array(3 * CONSOLE_HISTORY_BYTES).fill(65);
    bytes[bytes.byteLength - 10] = 10;
    bench.console.push(bytes);
    expect(Buffer.from(bench.console.snapshot()).toString()).toBe('A'.repeat(9));
  });

  it('begins with the history of a restored machine', () => {
    const bench = new Bench(Buffer.from('before\n'));
    bench.console.push(Buffer.from('after'));
    expect(Buffer.from(bench.console.attach()).toString()).toBe('before\nafter');
  });

  it('stalls once at the limit, goes on once at half of it, and loses nothing meanwhile', () => {
    const bench = new Bench();
    bench.console.attach();
    const piece = 64 * 1024;
    for (let sent = 0; sent < 2 * CONSOLE_UNACKED_MAX_BYTES; sent += piece)
      bench.console.push(new Uint8Array(piece).fill(sent / piece));
    expect(bench.stalls).toEqual([true]);
    expect(bench.received().byteLength).toBe(2 * CONSOLE_UNACKED_MAX_BYTES);
    bench.console.acked(CONSOLE_UNACKED_MAX_BYTES);
    bench.console.acked(CONSOLE_UNACKED_MAX_BYTES / 2 - 1);
    expect(bench.stalls).toEqual([true]);
    bench.console.acked(2);
    expect(bench.stalls).toEqual([true, false]);
  });

  it('does not stall for a viewer that has left, or for nobody', () => {
    const bench = new Bench();
    const much = (): void => {
      for (let piece = 0; piece < 40; piece += 1) bench.console.push(new Uint8Array(64 * 1024));
    };
    much();
    expect(bench.stalls).toEqual([]);
    bench.console.attach();
    much();
    expect(bench.stalls).toEqual([true]);
    bench.console.detach();
    expect(bench.stalls).toEqual([true, false]);
    much();
    expect(bench.stalls).toEqual([true, false]);
  });

  it('goes on when another viewer takes the place of a stuck one and draws what it got', () => {
    const bench = new Bench();
    bench.console.attach();
    for (let piece = 0; piece < 40; piece += 1) bench.console.push(new Uint8Array(64 * 1024).fill(10));
    expect(bench.stalls).toEqual([true]);
    const history = bench.console.attach();
    bench.console.acked(history.byteLength);
    expect(bench.stalls).toEqual([true, false]);
  });

  it('passes the first of a burst on at once, gathers what follows, and lets large pieces through', () => {
    const bench = new Bench();
    bench.console.attach();
    for (const letter of 'abc') bench.console.push(Buffer.from(letter));
    expect(bench.received().toString()).toBe('a');
    bench.runTimers();
    expect(bench.received().toString()).toBe('abc');
    expect(bench.sent.length).toBe(2);
    bench.console.push(new Uint8Array(64 * 1024));
    expect(bench.sent.length).toBe(3);
    // Two quiet spells later the next one is the first again.
    bench.runTimers();
    bench.console.push(Buffer.from('d'));
    expect(bench.sent.length).toBe(4);
  });
});
