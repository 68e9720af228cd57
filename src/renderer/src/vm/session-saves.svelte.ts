import { SnapshotQueue } from './snapshot-queue.ts';

/** What is being saved of a VM, for those who show it. */
export class SessionSaves {
  #names: readonly string[] = $state.raw([]);
  #fraction: number | null = $state(null);
  readonly #queue = new SnapshotQueue((names) => (this.#names = names));

  /** The snapshots that are wanted, in their order. The first is being taken. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** How much of a state has left the machine, 0..1; null while none does. */
  get fraction(): number | null {
    return this.#fraction;
  }

  /** What the machine says of a state that leaves it. */
  progress(doneBytes: number, totalBytes: number): void {
    this.#fraction = totalBytes > 0 ? Math.min(1, Math.max(0, doneBytes / totalBytes)) : null;
  }

  /** The state has left, or the machine is gone. */
  ended(): void {
    this.#fraction = null;
  }

  /** @see SnapshotQueue.inTurn */
  inTurn(name: string, take: () => Promise<void>, onWait: (before: string) => void): Promise<void> {
    return this.#queue.inTurn(name, take, onWait);
  }
}
