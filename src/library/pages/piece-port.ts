import type { MessagePort, Transferable } from 'node:worker_threads';
import { FailureError, type FailureCode } from '../../shared/result.ts';

/** Pieces that may be under way between the threads. */
const UNCONFIRMED_MAX = 8;

type FromSender =
  | { readonly kind: 'piece'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'failure'; readonly code: FailureCode | null; readonly message: string };

/** Sends pieces to another thread, their bytes without a copy, as fast as that takes them. Ends when that closes the port. */
export async function sendPieces(port: MessagePort, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const post = (message: FromSender, transfer: readonly Transferable[] = []): void =>
    port.postMessage(message, transfer);
  const other = watch(port);
  let sent = 0;
  try {
    for await (const bytes of pieces) {
      while (sent - other.arrived.length >= UNCONFIRMED_MAX && !other.isClosed) await other.news();
      if (other.isClosed) return;
      sent += 1;
      post({ kind: 'piece', bytes }, [bytes.buffer as ArrayBuffer]);
    }
    post({ kind: 'end' });
  } catch (cause) {
    const code = cause instanceof FailureError ? cause.code : null;
    post({ kind: 'failure', code, message: cause instanceof Error ? cause.message : String(cause) });
  } finally {
    port.close();
  }
}

/**
 * What the other thread sends. Breaking off ends it there, too.
 * @param gone says why, when the other thread ended in the middle
 */
export async function* receivePieces(port: MessagePort, gone: () => Error): AsyncGenerator<Uint8Array, void, void> {
  const other = watch<FromSender>(port);
  try {
    for (;;) {
      const next = other.arrived.shift();
      if (next?.kind === 'piece') {
        port.postMessage(null);
        yield next.bytes;
      } else if (next?.kind === 'end') {
        return;
      } else if (next) {
        throw next.code ? new FailureError(next.code, next.message) : new Error(next.message);
      } else {
        if (other.isClosed) throw gone();
        await other.news();
      }
    }
  } finally {
    port.close();
  }
}

interface OtherEnd<Message> {
  readonly arrived: Message[];
  readonly isClosed: boolean;
  /** Ends when something has arrived, or the port was closed. */
  news(): Promise<void>;
}

function watch<Message>(port: MessagePort): OtherEnd<Message> {
  const arrived: Message[] = [];
  let isClosed = false;
  let wake = (): void => undefined;
  port.on('message', (message: Message) => {
    arrived.push(message);
    wake();
  });
  port.on('close', () => {
    isClosed = true;
    wake();
  });
  return {
    arrived,
    get isClosed() {
      return isClosed;
    },
    news: () => new Promise<void>((resolve) => (wake = resolve)),
  };
}
