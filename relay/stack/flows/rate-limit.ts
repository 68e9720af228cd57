import type { GuestLink } from '../link.ts';

interface Bucket {
  tokens: number;
  filledMs: number;
}

/**
 * How often each VM may have something done that is dear to the host (a token bucket). Bounds on what exists at a time
 * do not help where a guest makes things and lets them go as fast as it can: all VMs share one relay.
 */
export class RateLimit {
  private readonly buckets = new Map<GuestLink, Bucket>();
  private readonly perSecond: number;
  private readonly burst: number;

  constructor(perSecond: number, burst: number) {
    this.perSecond = perSecond;
    this.burst = burst;
  }

  take(link: GuestLink, nowMs: number): boolean {
    let bucket = this.buckets.get(link);
    if (!bucket) {
      bucket = { tokens: this.burst, filledMs: nowMs };
      this.buckets.set(link, bucket);
    }
    const gained = ((nowMs - bucket.filledMs) * this.perSecond) / 1000;
    bucket.tokens = Math.min(this.burst, bucket.tokens + gained);
    bucket.filledMs = nowMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  dropLink(link: GuestLink): void {
    this.buckets.delete(link);
  }
}
