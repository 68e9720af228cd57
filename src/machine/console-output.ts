import { CONSOLE_HISTORY_BYTES, CONSOLE_UNACKED_MAX_BYTES } from '../shared/model/limits.ts';
import { ByteCollector } from './byte-collector.ts';

/** Below this a stalled console may go on: half of the limit, so that it does not flutter. */
const RESUME_BELOW_BYTES = CONSOLE_UNACKED_MAX_BYTES / 2;
/**
 * After a piece was passed on, what follows is gathered for this long: an echo is seen at once, and a flood comes in few
 * messages. A screen shows 60 frames a second.
 */
const GATHER_MS = 4;
/** Where that much came meanwhile, nobody reads each line, and messages cost more than they carry. */
const MUCH_BYTES = 8 * 1024;
const GATHER_MUCH_MS = 16;
/** Output is passed on at once when this much is waiting. */
const FLUSH_AT_BYTES = 64 * 1024;

export interface ConsoleOutputPorts {
  /** Passes bytes to the viewer. */
  send(bytes: Uint8Array): void;
  /** Too much is undrawn (true) or the viewer has caught up (false). */
  stalled(stalled: boolean): void;
  schedule(afterMs: number, run: () => void): void;
}

/**
 * What one console prints: gathered into few messages, counted until drawn, and the newest part
 * kept to redraw the screen later. Nothing is ever dropped on the way to an attached viewer.
 */
export class ConsoleOutput {
  private readonly history = new ByteRing(CONSOLE_HISTORY_BYTES);
  private readonly pending = new ByteCollector();
  private unackedBytes = 0;
  private attached = false;
  private isStalled = false;
  private isGathering = false;
  private readonly ports: ConsoleOutputPorts;

  constructor(ports: ConsoleOutputPorts, history: Uint8Array) {
    this.ports = ports;
    this.history.push(history);
  }

  /** Bytes the guest printed. */
  push(bytes: Uint8Array): void {
    if (!this.attached) {
      this.history.push(bytes);
      return;
    }
    this.pending.push(bytes);
    if (this.pending.byteLength >= FLUSH_AT_BYTES) this.flush();
    else if (!this.isGathering) this.passOn();
  }

  private passOn(): void {
    const gatheredBytes = this.pending.byteLength;
    this.isGathering = gatheredBytes > 0;
    if (!this.isGathering) return;
    this.flush();
    this.ports.schedule(gatheredBytes < MUCH_BYTES ? GATHER_MS : GATHER_MUCH_MS, () => this.passOn());
  }

  /** A viewer appears: it gets the history, and from then on every byte. */
  attach(): Uint8Array {
    this.flush();
    this.attached = true;
    this.unackedBytes = 0;
    const history = this.history.bytes();
    this.unackedBytes += history.byteLength;
    return history;
  }

  detach(): void {
    this.flush();
    this.attached = false;
    this.unackedBytes = 0;
    this.updateStall();
  }

  acked(bytes: number): void {
    this.unackedBytes = Math.max(0, this.unackedBytes - bytes);
    this.updateStall();
  }

  /** The newest output, for a saved state. */
  snapshot(): Uint8Array {
    this.flush();
    return this.history.bytes();
  }

  private flush(): void {
    if (this.pending.byteLength === 0) return;
    const bytes = this.pending.take();
    this.history.push(bytes);
    if (!this.attached) return;
    this.unackedBytes += bytes.byteLength;
    this.ports.send(bytes);
    this.updateStall();
  }

  private updateStall(): void {
    const stalled = this.isStalled
      ? this.unackedBytes >= RESUME_BELOW_BYTES
      : this.unackedBytes >= CONSOLE_UNACKED_MAX_BYTES;
    if (stalled === this.isStalled) return;
    this.isStalled = stalled;
    this.ports.stalled(stalled);
  }
}

const LINE_FEED = 10;

/** The newest `capacity` bytes of a stream. */
class ByteRing {
  private readonly ring: Uint8Array;
  private end = 0;
  private total = 0;

  constructor(capacity: number) {
    this.ring = new Uint8Array(capacity);
  }

  push(bytes: Uint8Array): void {
    const kept =
      bytes.byteLength > this.ring.byteLength ? bytes.subarray(bytes.byteLength - this.ring.byteLength) : bytes;
    const first = Math.min(kept.byteLength, this.ring.byteLength - this.end);
    this.ring.set(kept.subarray(0, first), this.end);
    this.ring.set(kept.subarray(first), 0);
    this.end = (this.end + kept.byteLength) % this.ring.byteLength;
    this.total += bytes.byteLength;
  }

  /** Oldest first. Where older bytes were overwritten it begins at a line, not inside a character. */
  bytes(): Uint8Array {
    if (this.total <= this.ring.byteLength) return this.ring.slice(0, this.total);
    const whole = new Uint8Array(this.ring.byteLength);
    whole.set(this.ring.subarray(this.end), 0);
    whole.set(this.ring.subarray(0, this.end), this.ring.byteLength - this.end);
    return whole.slice(whole.indexOf(LINE_FEED) + 1);
  }
}
