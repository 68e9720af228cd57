import type { HostEvent } from '../stack/effects.ts';

type Kind = HostEvent['kind'];
type Of<K extends Kind> = Extract<HostEvent, { kind: K }>;

/** Collects what the host reports, so that a test can wait for it. */
export class EventLog {
  readonly events: HostEvent[] = [];
  #waiters: (() => void)[] = [];

  readonly report = (event: HostEvent): void => {
    this.events.push(event);
    for (const wake of this.#waiters.splice(0)) wake();
  };

  all<K extends Kind>(kind: K): Of<K>[] {
    return this.events.filter((event): event is Of<K> => event.kind === kind);
  }

  /** The first event of this kind, also one that has been already. */
  async next<K extends Kind>(kind: K): Promise<Of<K>> {
    await this.until(() => this.all(kind).length > 0);
    const [first] = this.all(kind);
    if (!first) throw new Error(`no ${kind}`);
    return first;
  }

  async until(isReached: () => boolean, timeoutMs = 10_000): Promise<void> {
    const endMs = Date.now() + timeoutMs;
    while (!isReached()) {
      if (Date.now() > endMs) throw new Error(`not reached; there were: ${this.kinds().join(' ')}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 20);
        this.#waiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  kinds(): Kind[] {
    return this.events.map(({ kind }) => kind);
  }

  /** Everything received, as text. */
  text(): string {
    return this.all('tcp-data')
      .map(({ bytes }) => Buffer.from(bytes).toString())
      .join('');
  }
}
