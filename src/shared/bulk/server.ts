import * as v from 'valibot';
import { FailureError, toErr } from '../result.ts';
import {
  BULK_STREAMS_MAX,
  BULK_WRITES_MAX,
  BULK_WINDOW_BYTES,
  clientMessage,
  ownPiece,
  type ClientMessage,
  type ServerMessage,
} from './messages.ts';
import type { PortLike } from './port.ts';
import type { ReadHeader, ReadResource, WriteReceipt, WriteResource } from './resources.ts';
import { SendWindow } from './window.ts';

export interface BulkSource {
  readonly header: ReadHeader;
  readonly pieces: AsyncIterable<Uint8Array>;
}

export interface BulkSink {
  write(piece: Uint8Array): Promise<void>;
  /** Makes everything written durable and visible. */
  commit(): Promise<WriteReceipt>;
  /** Forgets everything written. Called on cancel, on failure and when the port closes. */
  abort(): Promise<void>;
}

export interface BulkHandlers {
  openRead(resource: ReadResource): Promise<BulkSource>;
  openWrite(resource: WriteResource): Promise<BulkSink>;
}

type OpenStream =
  | { readonly kind: 'read'; readonly window: SendWindow }
  | { readonly kind: 'write'; readonly push: (step: WriteStep) => void };

type WriteStep = { readonly t: 'piece'; readonly bytes: Uint8Array } | { readonly t: 'end' } | { readonly t: 'cancel' };

/**
 * Answers a machine's bulk port. Messages that do not parse are dropped and counted: the page and
 * the guest behind the port are not trusted.
 * @returns `close`, which cancels what is open, and `malformedCount`
 */
export function serveBulk(port: PortLike, handlers: BulkHandlers): { close(): void; malformedCount(): number } {
  const streams = new Map<number, OpenStream>();
  let malformed = 0;
  let closed = false;

  const send = (message: ServerMessage): void => {
    if (!closed) port.post(message);
  };
  const fail = (id: number, caught: unknown): void => {
    const { code, message } = toErr(caught).error;
    streams.delete(id);
    send({ t: 'error', id, code, message });
  };
  const closeAll = (): void => {
    closed = true;
    for (const stream of streams.values()) {
      if (stream.kind === 'read') stream.window.fail(new FailureError('cancelled', 'The reader went away.'));
      else stream.push({ t: 'cancel' });
    }
    streams.clear();
  };

  const runRead = async (id: number, resource: ReadResource, window: SendWindow): Promise<void> => {
    try {
      const source = await handlers.openRead(resource);
      send({ t: 'header', id, header: source.header });
      for await (const piece of source.pieces) {
        await window.room();
        window.sent(piece.byteLength);
        send({ t: 'piece', id, bytes: ownPiece(piece) });
      }
      if (streams.delete(id)) send({ t: 'end', id });
    } catch (caught) {
      if (streams.has(id)) fail(id, caught);
    }
  };

  const runWrite = async (id: number, resource: WriteResource, steps: AsyncIterable<WriteStep>): Promise<void> => {
    let sink: BulkSink | null = null;
    try {
      sink = await handlers.openWrite(resource);
      send({ t: 'ready', id });
      for await (const step of steps) {
        if (step.t === 'piece') {
          await sink.write(step.bytes);
          send({ t: 'ack', id, bytes: step.bytes.byteLength });
        } else if (step.t === 'end') {
          const receipt = await sink.commit();
          streams.delete(id);
          send({ t: 'done', id, receipt });
          return;
        } else {
          streams.delete(id);
          await sink.abort();
          return;
        }
      }
    } catch (caught) {
      // The first failure explains a failing clean-up too; leftovers go when the library is opened next.
      await sink?.abort().catch(() => caught);
      fail(id, caught);
    }
  };

  const accept = (message: ClientMessage): void => {
    const stream = streams.get(message.id);
    switch (message.t) {
      case 'read':
      case 'write': {
        const writes = [...streams.values()].filter(({ kind }) => kind === 'write').length;
        const isFull = streams.size >= BULK_STREAMS_MAX || (message.t === 'write' && writes >= BULK_WRITES_MAX);
        if (stream || isFull) {
          send({
            t: 'error',
            id: message.id,
            code: 'limit',
            message: 'Too many transfers are open at once for this VM.',
          });
          return;
        }
        if (message.t === 'read') {
          const window = new SendWindow(BULK_WINDOW_BYTES);
          streams.set(message.id, { kind: 'read', window });
          void runRead(message.id, message.resource, window);
        } else {
          const queue = new StepQueue();
          streams.set(message.id, { kind: 'write', push: (step) => queue.push(step) });
          void runWrite(message.id, message.resource, queue);
        }
        return;
      }
      case 'ack':
        if (stream?.kind === 'read') stream.window.confirmed(message.bytes);
        return;
      case 'piece':
        if (stream?.kind === 'write') stream.push({ t: 'piece', bytes: message.bytes });
        return;
      case 'end':
        if (stream?.kind === 'write') stream.push({ t: 'end' });
        return;
      case 'cancel':
        if (stream?.kind === 'read') {
          streams.delete(message.id);
          stream.window.fail(new FailureError('cancelled', 'The reader cancelled.'));
        } else if (stream?.kind === 'write') stream.push({ t: 'cancel' });
        return;
    }
  };

  port.onMessage((message) => {
    const parsed = v.safeParse(clientMessage, message);
    if (parsed.success) accept(parsed.output);
    else malformed += 1;
  });
  port.onClose(closeAll);
  return {
    close: () => {
      closeAll();
      port.close();
    },
    malformedCount: () => malformed,
  };
}

/** Our senders send large pieces, a few at a time; small ones without end are no transfer. */
const QUEUED_STEPS_MAX = 1024;

/**
 * Steps of one write between the port's listener and the loop that carries them out. A sender that
 * ignores the window is cut off rather than buffered.
 */
class StepQueue implements AsyncIterable<WriteStep> {
  private readonly queue: WriteStep[] = [];
  private queuedBytes = 0;
  private wake: (() => void) | null = null;

  push(step: WriteStep): void {
    if (step.t === 'piece') {
      this.queuedBytes += step.bytes.byteLength;
      if (this.queuedBytes > 2 * BULK_WINDOW_BYTES || this.queue.length >= QUEUED_STEPS_MAX) {
        this.queue.length = 0;
        this.queue.push({ t: 'cancel' });
        this.wake?.();
        return;
      }
    }
    this.queue.push(step);
    this.wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WriteStep, void, void> {
    for (;;) {
      const step = this.queue.shift();
      if (step) {
        if (step.t === 'piece') this.queuedBytes -= step.bytes.byteLength;
        yield step;
      } else {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
        this.wake = null;
      }
    }
  }
}
