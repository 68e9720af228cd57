import { SvelteMap } from 'svelte/reactivity';
import type { NoticeAction, Notices } from '../../vm/notices.ts';
import { said } from '../../text/text.svelte.ts';

/** More than this many at once is a wall, not a message; the oldest makes room. */
const TOASTS_MAX = 4;
const SUCCESS_MS = 5_000;
/** Failures say what to do next, which takes longer to read. */
const FAILURE_MS = 14_000;
/** What can be taken back must be there until a person has seen what it did. */
const ACTION_MS = 20_000;

export interface Toast {
  readonly id: number;
  readonly tone: 'success' | 'failure';
  readonly message: string;
  readonly action: NoticeAction | null;
}

/** Short messages in the corner. They leave by themselves, but not while someone points at them. */
export class Toasts implements Notices {
  #shown: readonly Toast[] = $state.raw([]);
  #nextId = 0;
  readonly #timers = new SvelteMap<number, ReturnType<typeof setTimeout>>();

  get shown(): readonly Toast[] {
    return this.#shown;
  }

  success(message: string, action: NoticeAction | null = null): void {
    this.#add({ tone: 'success', message, action });
  }

  failure(message: string, action: NoticeAction | null = null): void {
    this.#add({ tone: 'failure', message: said(message), action });
  }

  dismiss(id: number): void {
    this.hold(id);
    this.#shown = this.#shown.filter((toast) => toast.id !== id);
  }

  /** Keeps a toast until {@link release}. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  release(id: number): void {
    const toast = this.#shown.find((candidate) => candidate.id === id);
    if (!toast || this.#timers.has(id)) return;
    const delayMs = toast.tone === 'failure' ? FAILURE_MS : toast.action === null ? SUCCESS_MS : ACTION_MS;
    this.#timers.set(
      id,
      setTimeout(() => this.dismiss(id), delayMs),
    );
  }

  #add(fields: Omit<Toast, 'id'>): void {
    const repeated = this.#shown.find((toast) => toast.message === fields.message && toast.tone === fields.tone);
    if (repeated) this.dismiss(repeated.id);
    const toast: Toast = { id: this.#nextId, ...fields };
    this.#nextId += 1;
    this.#shown = [...this.#shown, toast];
    this.release(toast.id);
    for (const old of this.#shown.slice(0, -TOASTS_MAX)) this.dismiss(old.id);
  }
}
