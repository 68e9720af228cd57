import type { ExecProcess } from '../machine/guest-api.ts';

/** What a command reads: text, bytes, or a stream of them (a Node or web stream, a generator). */
export type CommandInput = string | Uint8Array | AsyncIterable<Uint8Array>;

/** As much as a command is sent before it has taken some of it. */
const PIECE_BYTES = 64 * 1024;
const ENDED = Symbol('ended');

/**
 * Writes a command's input and closes it. A command need not read it to the end: writing stops when the command has
 * ended. Rejects only when the input itself cannot be read.
 */
export async function feedInput(process: Pick<ExecProcess, 'stdin' | 'result'>, input: CommandInput): Promise<void> {
  const writer = process.stdin.getWriter();
  const gone = (): typeof ENDED => ENDED;
  const ended = process.result.then(gone, gone);
  // Closing or writing fails when the command is gone, which its result tells.
  const quietly = (work: Promise<void>): Promise<unknown> => Promise.race([ended, work.catch(gone)]);
  const pieces = (typeof input === 'string' || input instanceof Uint8Array ? whole(input) : input)[
    Symbol.asyncIterator
  ]();
  for (;;) {
    // Whoever gives the input may have nothing to give for long: the command's end is not kept waiting for it.
    const next = await Promise.race([ended, pieces.next()]);
    if (next === ENDED) break;
    if (next.done === true) {
      await quietly(writer.close());
      return;
    }
    if ((await quietly(writer.write(next.value))) === ENDED) break;
  }
  // Not waited for: a generator that is asleep cannot be woken. Nobody needs what it fails with any more.
  void Promise.allSettled([pieces.return?.()]);
}

async function* whole(input: string | Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input;
  for (let offset = 0; offset < bytes.byteLength; offset += PIECE_BYTES) {
    yield bytes.slice(offset, offset + PIECE_BYTES);
    await Promise.resolve();
  }
}
