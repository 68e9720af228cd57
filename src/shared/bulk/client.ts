import * as v from 'valibot';
import { FailureError } from '../result.ts';
import { BULK_WINDOW_BYTES, ownPiece, serverMessage, type ClientMessage, type ServerMessage } from './messages.ts';
import type { PortLike } from './port.ts';
import type { ReadHeader, ReadResource, WriteReceipt, WriteResource } from './resources.ts';
import { SendWindow } from './window.ts';

/** Bytes arriving from the other side, piece by piece. Iterate once; breaking off cancels the read. */
export interface BulkRead {
  readonly header: ReadHeader;
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** Bytes going to the other side. `write` waits while the other side is behind. */
export interface BulkWrite {
  write(piece: Uint8Array): Promise<void>;
  /** Resolves when the other side has made the bytes durable. */
  finish(): Promise<WriteReceipt>;
  cancel(): void;
}

type Stream = (message: ServerMessage | { t: 'closed' }) => void;

/** The machine's end of a bulk port: opens reads and writes that {@link serveBulk} answers. */
export class BulkClient {
  private nextId = 0;
  private readonly streams = new Map<number, Stream>();
  private closed = false;
  private readonly port: PortLike;

  constructor(port: PortLike) {
    this.port = port;
    port.onMessage((message) => {
      const parsed = v.safeParse(serverMessage, message);
      if (parsed.success) this.streams.get(parsed.output.id)?.(parsed.output);
    });
    port.onClose(() => {
      this.closed = true;
      for (const stream of [...this.streams.values()]) stream({ t: 'closed' });
      this.streams.clear();
    });
  }

  /** Opens a read. @throws FailureError when the other side refuses or goes away */
  async read(resource: ReadResource): Promise<BulkRead> {
    const id = this.open();
    const pieces = new PieceQueue(
      (bytes) => this.send({ t: 'ack', id, bytes }),
      () => {
        this.streams.delete(id);
        this.send({ t: 'cancel', id });
      },
    );
    const header = await new Promise<ReadHeader>((resolve, reject) => {
      this.streams.set(id, (message) => {
        switch (message.t) {
          case 'header':
            resolve(message.header);
            break;
          case 'piece':
            pieces.push(message.bytes);
            break;
          case 'end':
            this.streams.delete(id);
            pieces.end(null);
            break;
          default: {
            this.streams.delete(id);
            const failure = failureOf(message);
            reject(failure);
            pieces.end(failure);
          }
        }
      });
      this.send({ t: 'read', id, resource });
    });
    return { header, pieces };
  }

  /** A whole resource in one array. Meant for what is known to be small enough to hold. */
  async readAll(resource: ReadResource): Promise<Uint8Array> {
    const { header, pieces } = await this.read(resource);
    const whole = new Uint8Array(header.sizeBytes);
    let offset = 0;
    for await (const piece of pieces) {
      if (offset + piece.byteLength > whole.byteLength) throw wrongSize(resource.kind);
      whole.set(piece, offset);
      offset += piece.byteLength;
    }
    if (offset !== whole.byteLength) throw wrongSize(resource.kind);
    return whole;
  }

  /** Opens a write. @throws FailureError when the other side refuses (a bad name, a full disk) */
  async write(resource: WriteResource): Promise<BulkWrite> {
    const id = this.open();
    const window = new SendWindow(BULK_WINDOW_BYTES);
    let settle: { resolve(receipt: WriteReceipt): void; reject(cause: Error): void } | null = null;
    const done = new Promise<WriteReceipt>((resolve, reject) => {
      settle = { resolve, reject };
    });
    // A failure may arrive before anyone waits for the end; it is not unhandled, `write` reports it.
    done.catch((cause: unknown) => {
      window.fail(cause instanceof Error ? cause : new Error(String(cause)));
    });
    await new Promise<void>((resolve, reject) => {
      this.streams.set(id, (message) => {
        switch (message.t) {
          case 'ready':
            resolve();
            break;
          case 'ack':
            window.confirmed(message.bytes);
            break;
          case 'done':
            this.streams.delete(id);
            settle?.resolve(message.receipt);
            break;
          default: {
            this.streams.delete(id);
            const failure = failureOf(message);
            reject(failure);
            settle?.reject(failure);
          }
        }
      });
      this.send({ t: 'write', id, resource });
    });
    return {
      write: async (piece) => {
        await window.room();
        window.sent(piece.byteLength);
        this.send({ t: 'piece', id, bytes: ownPiece(piece) });
      },
      finish: () => {
        this.send({ t: 'end', id });
        return done;
      },
      cancel: () => {
        if (!this.streams.delete(id)) return;
        this.send({ t: 'cancel', id });
        settle?.reject(new FailureError('cancelled', 'The transfer was cancelled.'));
      },
    };
  }

  private open(): number {
    if (this.closed) throw failureOf({ t: 'closed' });
    return this.nextId++;
  }

  private send(message: ClientMessage): void {
    if (!this.closed) this.port.post(message);
  }
}

function failureOf(message: ServerMessage | { t: 'closed' }): FailureError {
  if (message.t === 'error') return new FailureError(message.code, message.message);
  if (message.t === 'closed') {
    return new FailureError('io', 'The connection to the library closed. Nothing saved before was changed; try again.');
  }
  return new FailureError('internal', `The library answered with an unexpected “${message.t}”.`);
}

function wrongSize(kind: string): FailureError {
  return new FailureError('damaged', `The ${kind} did not have the size that was announced for it.`);
}

/** Pieces between a port's listener and one `for await`. Bounded by the sender's window. */
class PieceQueue implements AsyncIterable<Uint8Array> {
  private readonly queue: Uint8Array[] = [];
  private ended = false;
  private failure: Error | null = null;
  private wake: (() => void) | null = null;
  private readonly acknowledge: (bytes: number) => void;
  private readonly cancel: () => void;

  constructor(acknowledge: (bytes: number) => void, cancel: () => void) {
    this.acknowledge = acknowledge;
    this.cancel = cancel;
  }

  push(piece: Uint8Array): void {
    this.queue.push(piece);
    this.wake?.();
  }

  end(failure: Error | null): void {
    this.ended = true;
    this.failure = failure;
    this.wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (;;) {
        const piece = this.queue.shift();
        if (piece) {
          this.acknowledge(piece.byteLength);
          yield piece;
        } else if (this.failure) {
          throw this.failure;
        } else if (this.ended) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.wake = resolve;
          });
          this.wake = null;
        }
      }
    } finally {
      if (!this.ended) this.cancel();
    }
  }
}
