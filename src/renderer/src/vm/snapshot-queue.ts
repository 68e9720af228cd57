import { FailureError } from '../../../shared/result.ts';

/** Who asks for more at once has pressed a key by mistake; each would wait for all before it. */
export const SNAPSHOTS_WAITING_MAX = 8;

/** The snapshots of one VM take turns: a state must have left the machine before the next is copied. */
export class SnapshotQueue {
  #names: readonly string[] = [];
  #last: Promise<unknown> = Promise.resolve();
  readonly #onChange: (names: readonly string[]) => void;

  /** @param onChange told which snapshots are wanted, in their order; the first is being taken */
  constructor(onChange: (names: readonly string[]) => void) {
    this.#onChange = onChange;
  }

  /**
   * Takes a snapshot when those that were asked for before are taken.
   * @param onWait told which one is to be waited for
   * @throws what `take` throws; FailureError `busy` when too many wait
   */
  async inTurn(name: string, take: () => Promise<void>, onWait: (before: string) => void): Promise<void> {
    if (this.#names.length > SNAPSHOTS_WAITING_MAX) {
      throw new FailureError(
        'busy',
        `${SNAPSHOTS_WAITING_MAX} snapshots of this VM are waiting already. “${name}” was not taken; try again when they are there.`,
      );
    }
    const before = this.#names.at(-1);
    this.#change([...this.#names, name]);
    if (before !== undefined) onWait(before);
    const turn = before === undefined ? take() : this.#last.then(take);
    // The failure of one is told to who asked for it; the next has its turn all the same.
    this.#last = turn.catch(() => undefined);
    try {
      await turn;
    } finally {
      this.#change(this.#names.slice(1));
    }
  }

  #change(names: readonly string[]): void {
    this.#names = names;
    this.#onChange(names);
  }
}
