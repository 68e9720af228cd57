import { TCP_SYN, type TcpSegment } from '../wire/tcp.ts';
import type { TcpOut } from './connection.ts';

/** For tests only: virtual time, and a link that loses, delays, reorders and duplicates by a seed. */

/** A small generator of u32 (xorshift), so that a failing run can be run again. */
export function seededU32(seed: number): () => number {
  let state = (seed >>> 0) + 0x9e37_79b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Runs what is due in the order of time, and of asking where times are equal. */
export class VirtualClock {
  nowMs = 0;
  private readonly jobs: { atMs: number; run: () => void }[] = [];

  get nextMs(): number {
    return this.jobs[0]?.atMs ?? Infinity;
  }

  after(delayMs: number, run: () => void): void {
    const atMs = this.nowMs + delayMs;
    let index = this.jobs.length;
    while (index > 0 && (this.jobs[index - 1]?.atMs ?? 0) > atMs) index--;
    this.jobs.splice(index, 0, { atMs, run });
  }

  runNext(): void {
    const job = this.jobs.shift();
    if (!job) return;
    this.nowMs = job.atMs;
    job.run();
  }
}

export interface Weather {
  readonly lossPercent: number;
  readonly duplicatePercent: number;
  readonly reorderPercent: number;
  readonly delayMs: number;
  /** As a peer without these options would. */
  readonly stripsSack: boolean;
  readonly stripsWindowScale: boolean;
}

/** More in a row are not lost, or a run could end in an honest timeout. */
const MAX_LOST_IN_A_ROW = 4;

/** One direction. */
export class LossyLink {
  private lostInARow = 0;
  private readonly clock: VirtualClock;
  private readonly weather: Weather;
  private readonly random: () => number;
  private readonly deliver: (segment: TcpSegment) => void;

  constructor(clock: VirtualClock, weather: Weather, seed: number, deliver: (segment: TcpSegment) => void) {
    this.clock = clock;
    this.weather = weather;
    this.random = seededU32(seed);
    this.deliver = deliver;
  }

  carry(out: TcpOut): void {
    const segment = this.copy(out);
    if (this.happens(this.weather.lossPercent) && this.lostInARow < MAX_LOST_IN_A_ROW) {
      this.lostInARow++;
      return;
    }
    this.lostInARow = 0;
    this.schedule(segment);
    if (this.happens(this.weather.duplicatePercent)) this.schedule(segment);
  }

  private schedule(segment: TcpSegment): void {
    const extraMs = this.happens(this.weather.reorderPercent) ? this.random() % 30 : 0;
    this.clock.after(this.weather.delayMs + extraMs, () => this.deliver(segment));
  }

  private happens(percent: number): boolean {
    return this.random() % 100 < percent;
  }

  private copy(out: TcpOut): TcpSegment {
    const payload = new Uint8Array(out.payloadBytes);
    out.copyPayload(payload, 0);
    const { windowScale, sackPermitted, ...rest } = out.options;
    const isSyn = (out.flags & TCP_SYN) !== 0;
    const options = {
      ...rest,
      ...(isSyn && windowScale !== undefined && !this.weather.stripsWindowScale ? { windowScale } : {}),
      ...(isSyn && sackPermitted && !this.weather.stripsSack ? { sackPermitted } : {}),
    };
    const { seq, ack, flags, window } = out;
    return { srcPort: 1, dstPort: 2, seq, ack, flags, window, urgent: 0, options, payload };
  }
}
