import type { TcpOptions } from '../wire/tcp.ts';

/** A segment to be sent, without ports and addresses. */
export interface TcpOut {
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  /** The raw 16-bit field. */
  readonly window: number;
  readonly options: TcpOptions;
  readonly payloadBytes: number;
  /** Copies the payload, straight from where it was queued, to `target[at]` and on. Only during `emit`. */
  copyPayload(target: Uint8Array, at: number): void;
}

/** What a connection asks of and tells its owner. Every function may call back into the connection. */
export interface TcpPorts {
  /** Builds and sends the frame before it returns; `segment` is used again for the next one. */
  emit(segment: TcpOut): void;
  established(): void;
  /**
   * Bytes in order, each once: a view into the received frame, the owner's to keep. The receive window shrinks by
   * their length until `consumed` is called.
   */
  data(bytes: Uint8Array): void;
  /** The peer's FIN, after all data. */
  ended(): void;
  /** The send buffer had been half full or more and has drained below half of its bound. */
  sendSpace(): void;
  /** Once, and last. */
  closed(reason: CloseReason): void;
}

/**
 * `finished`: both directions were closed and acknowledged. `reset`: by the peer. `timed-out`: the peer did not answer
 * any more. `aborted`: by us.
 */
export type CloseReason = 'finished' | 'reset' | 'timed-out' | 'aborted';

export interface TcpOptionsLocal {
  readonly initialSeq: number;
  /** The MSS announced, and the cap for what is sent. */
  readonly mss: number;
  /**
   * Payload of one emitted segment at most: more than `mss` where the link takes super segments, which are sent in
   * multiples of the peer's MSS.
   */
  readonly maxPayloadBytes: number;
  readonly receiveBufferBytes: number;
  /** What `sendSpace` is reckoned by. The queue itself takes whatever it is given: the owner watches `queuedBytes`. */
  readonly sendBufferBytes: number;
}
