import { FailureError, toErr } from '../../../shared/result.ts';
import { Jobs } from './jobs.ts';
import { RemediableFailure, type Notices } from './notices.ts';
import type { SessionTask } from './session-words.ts';

/** What a session is doing: its jobs, of which a long one has a name that keeps others away. */
export class SessionWork {
  #task: SessionTask | null = $state(null);
  readonly #jobs = new Jobs();
  readonly #notices: Notices;
  readonly #vmName: () => string;

  constructor(notices: Notices, vmName: () => string) {
    this.#notices = notices;
    this.#vmName = vmName;
  }

  /** The long job that is under way. */
  get task(): SessionTask | null {
    return this.#task;
  }

  /** Runs an action, reports its failure, and counts it among what is under way. @returns whether it succeeded */
  report(action: () => Promise<unknown>): Promise<boolean> {
    const work = action().then(
      () => true,
      (caught: unknown) => {
        const { message } = toErr(caught).error;
        if (caught instanceof RemediableFailure) this.#notices.failure(message, caught.remedy);
        else this.#notices.failure(message);
        return false;
      },
    );
    return this.#jobs.track(work);
  }

  /** Counts a piece of work among what is under way. @returns what it gives */
  track<Value>(work: Promise<Value>): Promise<Value> {
    return this.#jobs.track(work);
  }

  /** Runs an action under a name. @throws FailureError `busy` while there is another one */
  async during(task: SessionTask, action: () => Promise<void>): Promise<void> {
    if (this.#task !== null)
      throw new FailureError('busy', `${this.#vmName()} is busy. Wait until it is done, then try again.`);
    this.#task = task;
    try {
      await action();
    } finally {
      this.#task = null;
    }
  }

  /** Resolves when nothing is under way any more, however it ended. */
  settled(): Promise<void> {
    return this.#jobs.settled();
  }

  /** As {@link settled}, and nobody who also waited for that has begun a task of its own just before. */
  async idle(): Promise<void> {
    await this.#jobs.settled();
    while (this.#task !== null) await this.#jobs.settled();
  }
}
