/** A connection to a port of this computer, as the guests' jobs use it: frames or plain messages below. */
export interface ByteStream {
  /** Queues bytes, which must not change any more. */
  send(bytes: Uint8Array): void;
  /** Sent and not yet taken by whatever is below. */
  readonly queuedBytes: number;
  /** No more will be sent. */
  end(): void;
  /** Breaks it off. */
  abort(): void;
  onData: (bytes: Uint8Array) => void;
  onEnd: () => void;
  /** There is room again after `queuedBytes` had reached {@link QUEUE_BYTES}. */
  onSpace: () => void;
  onFailure: (reason: string) => void;
}

/** How a guest gets connections. */
export interface Dialler {
  open(port: number): Promise<ByteStream>;
  close(): void;
}

/** A sender that stops at this many queued bytes keeps what is below busy. */
export const QUEUE_BYTES = 1024 * 1024;
