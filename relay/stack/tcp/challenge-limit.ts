/** RFC 5961 section 7, per connection: enough for every honest reason, too few to be worth provoking. */
const CHALLENGES_PER_PERIOD = 10;
const PERIOD_MS = 1000;

/**
 * Limits the ACKs that answer empty segments out of place. Without it two ends that disagree would answer each other's
 * answers for ever.
 */
export class ChallengeLimit {
  private periodStartMs = -Infinity;
  private count = 0;

  take(nowMs: number): boolean {
    if (nowMs - this.periodStartMs >= PERIOD_MS) {
      this.periodStartMs = nowMs;
      this.count = 0;
    }
    return ++this.count <= CHALLENGES_PER_PERIOD;
  }
}
