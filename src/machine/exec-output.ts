/** Pieces up to this are put together while they wait: a guest may send them byte by byte. */
const JOINED_MAX_BYTES = 4096;

/**
 * One output of a program on its way to its reader: handed over only when the reader asks, so that what is said to be
 * read is read, and a program stands still whose output nobody takes.
 */
export class ExecOutput {
  readonly stream: ReadableStream<Uint8Array>;
  private queue: Uint8Array[] = [];
  private controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  private isWanted: (() => void) | null = null;
  private hasEnded = false;
  private isCancelled = false;
  private readonly tellRead: (bytes: number) => void;

  constructor(tellRead: (bytes: number) => void) {
    this.tellRead = tellRead;
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.controller = controller;
        },
        pull: () =>
          new Promise<void>((resolve) => {
            this.isWanted = resolve;
            this.hand();
          }),
        cancel: () => {
          // Nobody reads it any more: the program must not stand still for that.
          this.isCancelled = true;
          for (const bytes of this.queue.splice(0)) tellRead(bytes.byteLength);
        },
      },
      { highWaterMark: 0 },
    );
  }

  push(bytes: Uint8Array): void {
    if (this.isCancelled) this.tellRead(bytes.byteLength);
    else this.enqueue(bytes);
    this.hand();
  }

  private enqueue(bytes: Uint8Array): void {
    const last = this.queue.at(-1);
    if (!last || last.byteLength + bytes.byteLength > JOINED_MAX_BYTES) {
      this.queue.push(bytes);
      return;
    }
    const joined = new Uint8Array(last.byteLength + bytes.byteLength);
    joined.set(last);
    joined.set(bytes, last.byteLength);
    this.queue[this.queue.length - 1] = joined;
  }

  /** Nothing more comes. What has come is still there to be read. */
  end(): void {
    this.hasEnded = true;
    this.hand();
  }

  fail(cause: Error): void {
    this.queue = [];
    this.isWanted?.();
    this.isWanted = null;
    if (!this.isCancelled && !this.hasEnded) this.controller?.error(cause);
    this.hasEnded = true;
  }

  private hand(): void {
    const bytes = this.isWanted ? this.queue.shift() : undefined;
    if (bytes) {
      this.controller?.enqueue(bytes);
      this.tellRead(bytes.byteLength);
    }
    const isEmpty = this.hasEnded && this.queue.length === 0 && !this.isCancelled;
    if (isEmpty) {
      this.isCancelled = true;
      this.controller?.close();
    }
    if (bytes || isEmpty) {
      this.isWanted?.();
      this.isWanted = null;
    }
  }
}
