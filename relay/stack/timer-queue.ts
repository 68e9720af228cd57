/**
 * Deadlines of many things, as a binary heap. A deadline that moves later stays where it is and is looked at again
 * when it comes up, so that moving one (each segment does) costs nothing.
 */
export interface Timed {
  /** The earliest time at which it wants to be looked at, or null. */
  nextTimerMs(): number | null;
  tick(nowMs: number): void;
}

interface Entry {
  readonly dueMs: number;
  readonly of: Timed;
}

/** Below this many entries forgotten ones are not worth looking for. */
const SWEEP_MIN_ENTRIES = 1024;

export class TimerQueue {
  private heap: Entry[] = [];
  /** The earliest entry each has in the heap. */
  private readonly queued = new Map<Timed, number>();
  private ticking: Timed | null = null;

  /** To be called after anything that may have moved its deadline. */
  watch(timed: Timed): void {
    const dueMs = timed.nextTimerMs();
    if (dueMs === null) return;
    const queuedMs = this.queued.get(timed);
    if (queuedMs !== undefined && queuedMs <= dueMs) return;
    this.queued.set(timed, dueMs);
    this.push({ dueMs, of: timed });
  }

  forget(timed: Timed): void {
    this.queued.delete(timed);
    if (this.ticking === timed) this.ticking = null;
  }

  /** Entries kept, for tests: never many more than there are deadlines. */
  get size(): number {
    return this.heap.length;
  }

  nextMs(): number | null {
    this.dropForgotten();
    return this.heap[0]?.dueMs ?? null;
  }

  /** Ticks everything that is due. */
  run(nowMs: number): void {
    for (;;) {
      this.dropForgotten();
      const first = this.heap[0];
      if (!first || first.dueMs > nowMs) return;
      this.pop();
      this.queued.delete(first.of);
      const dueMs = first.of.nextTimerMs();
      if (dueMs === null) continue;
      this.ticking = first.of;
      if (dueMs <= nowMs) first.of.tick(nowMs);
      if (this.wasForgotten()) continue;
      this.ticking = null;
      this.watchAgain(first.of, nowMs);
    }
  }

  /** A tick may end what it ticks. */
  private wasForgotten(): boolean {
    return this.ticking === null;
  }

  /** Something still due right after its tick waits a millisecond, so that a mistake cannot spin for ever. */
  private watchAgain(timed: Timed, nowMs: number): void {
    const dueMs = timed.nextTimerMs();
    if (dueMs === null) return;
    const laterMs = Math.max(dueMs, nowMs + 1);
    const queuedMs = this.queued.get(timed);
    if (queuedMs !== undefined && queuedMs <= laterMs) return;
    this.queued.set(timed, laterMs);
    this.push({ dueMs: laterMs, of: timed });
  }

  private dropForgotten(): void {
    for (let first = this.heap[0]; first && this.queued.get(first.of) !== first.dueMs; first = this.heap[0]) this.pop();
  }

  /**
   * What was forgotten, or moved to an earlier time, stays in the heap until it comes up. A guest that makes things and
   * has them forgotten faster than that would fill the memory, so once they are the most they are taken out.
   */
  private sweep(): void {
    const live = this.heap.filter(({ of, dueMs }) => this.queued.get(of) === dueMs);
    // A sorted array is a heap.
    this.heap = live.sort((a, b) => a.dueMs - b.dueMs);
  }

  private push(entry: Entry): void {
    if (this.heap.length >= SWEEP_MIN_ENTRIES && this.heap.length > 2 * this.queued.size) this.sweep();
    const { heap } = this;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (!parent || parent.dueMs <= entry.dueMs) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = entry;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const left = heap[below];
      const right = heap[below + 1];
      if (!left) break;
      if (right && right.dueMs < left.dueMs) below += 1;
      const child = heap[below];
      if (!child || child.dueMs >= last.dueMs) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
  }
}
