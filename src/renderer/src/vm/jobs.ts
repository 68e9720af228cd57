/** What is under way in a session, so that others can wait for it. */
export class Jobs {
  readonly #underWay = new Set<Promise<unknown>>();

  /** Counts a piece of work until it ends. @returns what the work gives */
  async track<Value>(work: Promise<Value>): Promise<Value> {
    this.#underWay.add(work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(work);
    }
  }

  /** Resolves when nothing is under way any more, including what began meanwhile, however it ended. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }
}
