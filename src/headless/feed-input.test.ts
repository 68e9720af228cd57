import { describe, expect, it } from 'vitest';
import type { ExecResult } from '../machine/guest-api.ts';
import { feedInput, type CommandInput } from './feed-input.ts';

/** The input side of a command that takes so many pieces and then ends. */
class FakeCommand {
  readonly taken: Uint8Array[] = [];
  isClosed = false;
  end: (result: ExecResult) => void = () => undefined;
  readonly result = new Promise<ExecResult>((resolve) => {
    this.end = resolve;
  });
  readonly stdin: WritableStream<Uint8Array>;

  constructor(takesPieces = Infinity) {
    this.stdin = new WritableStream<Uint8Array>({
      write: (piece) => {
        this.taken.push(piece);
        if (this.taken.length >= takesPieces) {
          this.end({ kind: 'exited', code: 0 });
          return new Promise(() => undefined);
        }
        return Promise.resolve();
      },
      close: () => {
        this.isClosed = true;
      },
    });
  }

  async feed(input: CommandInput): Promise<string> {
    await feedInput(this, input);
    return Buffer.concat(this.taken).toString();
  }
}

async function* piecesOf(...pieces: string[]): AsyncGenerator<Uint8Array, void, void> {
  for (const piece of pieces) yield await Promise.resolve(new TextEncoder().encode(piece));
}

describe('feeding a command', () => {
  it.each<[string, () => CommandInput, string]>([
    ['text', () => 'grüße\n', 'grüße\n'],
    ['nothing', () => '', ''],
    ['bytes', () => Buffer.from('a\0b'), 'a\0b'],
    ['a stream', () => piecesOf('ab', '', 'c'), 'abc'],
    ['a lot', () => 'x'.repeat(200_000), 'x'.repeat(200_000)],
  ])('gives it %s and closes its input', async (_what, input, text) => {
    const command = new FakeCommand();
    expect(await command.feed(input())).toBe(text);
    expect(command.isClosed).toBe(true);
  });

  it('stops when the command has ended without reading all', async () => {
    const command = new FakeCommand(2);
    let given = 0;
    let wasReturned = false;
    async function* endless(): AsyncGenerator<Uint8Array, void, void> {
      try {
        for (;;) {
          given += 1;
          yield await Promise.resolve(new Uint8Array(10));
        }
      } finally {
        wasReturned = true;
      }
    }
    await command.feed(endless());
    expect([command.taken.length, given, wasReturned]).toEqual([2, 2, true]);
  });

  it('does not wait for an input that never comes once the command has ended', async () => {
    const command = new FakeCommand();
    const feeding = command.feed({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) });
    command.end({ kind: 'exited', code: 0 });
    expect(await feeding).toBe('');
  });

  it('does not care how an input ends that nobody reads any more', async () => {
    const unhandled: unknown[] = [];
    const note = (cause: unknown): void => void unhandled.push(cause);
    process.on('unhandledRejection', note);
    const command = new FakeCommand(1);
    await command.feed({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: new Uint8Array(10) }),
        return: () => Promise.reject(new Error('cannot be closed')),
      }),
    });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect([command.taken.length, unhandled]).toEqual([1, []]);
  });

  it('tells of an input that cannot be read', async () => {
    async function* broken(): AsyncGenerator<Uint8Array, void, void> {
      yield await Promise.resolve(new Uint8Array(1));
      throw new Error('unplugged');
    }
    await expect(new FakeCommand().feed(broken())).rejects.toThrow('unplugged');
  });
});
