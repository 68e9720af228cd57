import { connect, type Socket } from 'node:net';
import type { HostEvent, SocketId } from '../stack/effects.ts';
import { socketFailure } from './socket-failure.ts';

/** Longer than a SYN and its first four repeats take (1+2+4+8 s); a guest's own patience ends soon after. */
const DIAL_TIMEOUT_MS = 20_000;

/** Each holds a descriptor of this process; the usual hard limit is 4096 or more, and the rest needs some too. */
const TCP_SOCKETS_MAX = 3072;

/**
 * A guest's keep-alives end here, so the relay must notice by itself that a far side is gone for good, and keep the
 * routers between awake.
 */
export const KEEP_ALIVE_MS = 60_000;

/** Batches on their way to the system at a time: each costs some hundred bytes beside its own. */
const WRITES_MAX = 64;

/** A guest may send single bytes, each in a frame of 64 KiB: what fits an ordinary frame is copied together. */
const SMALL_BYTES = 2048;
const SLAB_BYTES = 16 * 1024;

/** A view of less than this part of its buffer is copied: else it would keep all of that until the far side reads. */
const BUFFER_PART_MIN = 1 / 8;

interface Entry {
  readonly socket: Socket;
  dialTimer: NodeJS.Timeout | null;
  /** Waits for {@link TcpSockets.flush}, so that the many small frames of one batch become one system call. */
  unwritten: Uint8Array[];
  unwrittenBytes: number;
  /** Where small pieces that follow `unwritten` are collected, and how much of it is filled. */
  slab: Uint8Array | null;
  slabBytes: number;
  /** Batches given to the system, whose bytes it has not all taken. */
  writes: number;
  isEndWanted: boolean;
  isQueued: boolean;
}

/**
 * The TCP connections of the host. Queues nothing of its own: what the network gives is written in the same turn and
 * reported back once the system has taken it, and what arrives is handed on at once.
 */
export class TcpSockets {
  readonly #report: (event: HostEvent) => void;
  readonly #dialTimeoutMs: number;
  readonly #socketsMax: number;
  readonly #entries = new Map<SocketId, Entry>();
  #toFlush: [SocketId, Entry][] = [];

  constructor(report: (event: HostEvent) => void, options: { dialTimeoutMs?: number; socketsMax?: number } = {}) {
    this.#report = report;
    this.#dialTimeoutMs = options.dialTimeoutMs ?? DIAL_TIMEOUT_MS;
    this.#socketsMax = options.socketsMax ?? TCP_SOCKETS_MAX;
  }

  get count(): number {
    return this.#entries.size;
  }

  get hasRoom(): boolean {
    return this.#entries.size < this.#socketsMax;
  }

  dial(id: SocketId, address: string, port: number): void {
    if (!this.hasRoom) {
      this.#report({ kind: 'tcp-failed', socket: id, reason: 'failed' });
      return;
    }
    // A literal address: no lookup, and no second family to try.
    const socket = connect({
      host: address,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
      allowHalfOpen: true,
      autoSelectFamily: false,
    });
    const entry = this.#own(id, socket);
    entry.dialTimer = setTimeout(() => {
      this.#forget(id, entry);
      socket.destroy();
      this.#report({ kind: 'tcp-failed', socket: id, reason: 'timed-out' });
    }, this.#dialTimeoutMs);
    socket.once('connect', () => {
      if (this.#entries.get(id) !== entry) return;
      endDial(entry);
      this.#report({ kind: 'tcp-connected', socket: id });
    });
    socket.on('data', (chunk) => this.#received(id, entry, chunk));
  }

  /** Takes over a connection that came to a listener; nothing is read from it before {@link setReading}. */
  adopt(id: SocketId, socket: Socket): void {
    const entry = this.#own(id, socket);
    socket.pause();
    socket.on('data', (chunk) => this.#received(id, entry, chunk));
  }

  send(id: SocketId, bytes: Uint8Array): void {
    const entry = this.#entries.get(id);
    if (!entry || bytes.byteLength === 0) return;
    keep(entry, bytes);
    entry.unwrittenBytes += bytes.byteLength;
    this.#queue(id, entry);
  }

  end(id: SocketId): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    entry.isEndWanted = true;
    this.#queue(id, entry);
  }

  destroy(id: SocketId): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#forget(id, entry);
    // Node would wait for the connection before it resets it.
    if (entry.socket.connecting) entry.socket.destroy();
    else entry.socket.resetAndDestroy();
  }

  setReading(id: SocketId, isWanted: boolean): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    if (isWanted) entry.socket.resume();
    else entry.socket.pause();
  }

  /** Writes what was sent since the last call: once at the end of every batch of frames or events. */
  flush(): void {
    if (this.#toFlush.length === 0) return;
    const queued = this.#toFlush;
    this.#toFlush = [];
    for (const [id, entry] of queued) {
      entry.isQueued = false;
      if (this.#entries.get(id) === entry) this.#write(id, entry);
    }
  }

  /** Resets every connection. */
  close(): void {
    for (const id of [...this.#entries.keys()]) this.destroy(id);
  }

  #own(id: SocketId, socket: Socket): Entry {
    const entry: Entry = {
      socket,
      dialTimer: null,
      unwritten: [],
      unwrittenBytes: 0,
      slab: null,
      slabBytes: 0,
      writes: 0,
      isEndWanted: false,
      isQueued: false,
    };
    this.#entries.set(id, entry);
    let failure: unknown = null;
    socket.on('end', () => {
      if (this.#entries.get(id) === entry) this.#report({ kind: 'tcp-ended', socket: id });
    });
    // Always followed by `close`; a socket that was given up has nobody to tell.
    socket.on('error', (error) => {
      failure = error;
    });
    socket.once('close', () => {
      if (this.#entries.get(id) !== entry) return;
      const wasDialling = entry.dialTimer !== null;
      this.#forget(id, entry);
      if (wasDialling) this.#report({ kind: 'tcp-failed', socket: id, reason: socketFailure(failure) });
      else this.#report({ kind: 'tcp-closed', socket: id, failure: failure === null ? null : socketFailure(failure) });
    });
    return entry;
  }

  #received(id: SocketId, entry: Entry, chunk: Buffer): void {
    if (this.#entries.get(id) !== entry) return;
    // A plain Uint8Array: `slice` of a Buffer would share memory, which the pure network does not expect.
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#report({ kind: 'tcp-data', socket: id, bytes });
  }

  #queue(id: SocketId, entry: Entry): void {
    if (entry.isQueued) return;
    entry.isQueued = true;
    this.#toFlush.push([id, entry]);
  }

  #write(id: SocketId, entry: Entry): void {
    // The system is behind: what has come goes out together when it has taken a batch.
    if (entry.writes >= WRITES_MAX) return;
    closeSlab(entry);
    const { socket, unwritten, unwrittenBytes: byteCount } = entry;
    entry.unwritten = [];
    entry.unwrittenBytes = 0;
    const last = unwritten.pop();
    if (last) {
      // Corked chunks go to the system together, so the last one's callback speaks for all of them.
      socket.cork();
      for (const bytes of unwritten) socket.write(bytes);
      entry.writes += 1;
      socket.write(last, (error) => {
        entry.writes -= 1;
        if (error || this.#entries.get(id) !== entry) return;
        this.#report({ kind: 'tcp-sent', socket: id, byteCount });
        if (this.#entries.get(id) === entry && entry.unwrittenBytes > 0) this.#write(id, entry);
      });
      socket.uncork();
    }
    if (entry.isEndWanted) socket.end();
  }

  #forget(id: SocketId, entry: Entry): void {
    endDial(entry);
    this.#entries.delete(id);
  }
}

/** Puts bytes behind those that wait, without holding on to much more than them. */
function keep(entry: Entry, bytes: Uint8Array): void {
  const length = bytes.byteLength;
  if (length >= SMALL_BYTES) {
    closeSlab(entry);
    entry.unwritten.push(length < bytes.buffer.byteLength * BUFFER_PART_MIN ? bytes.slice() : bytes);
    return;
  }
  if (entry.slabBytes + length > SLAB_BYTES) closeSlab(entry);
  entry.slab ??= new Uint8Array(SLAB_BYTES);
  entry.slab.set(bytes, entry.slabBytes);
  entry.slabBytes += length;
}

function closeSlab(entry: Entry): void {
  if (entry.slab) entry.unwritten.push(entry.slab.subarray(0, entry.slabBytes));
  entry.slab = null;
  entry.slabBytes = 0;
}

function endDial(entry: Entry): void {
  if (entry.dialTimer) clearTimeout(entry.dialTimer);
  entry.dialTimer = null;
}
