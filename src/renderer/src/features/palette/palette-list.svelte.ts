import type { PaletteEntry } from './palette-entries.ts';
import { searchEntries } from './palette-search.ts';

/** What the palette shows for what is typed, and which of it Enter would do. */
export class PaletteList {
  #query = $state('');
  #index = $state(0);
  readonly #all: () => readonly PaletteEntry[];
  readonly #recent: readonly string[];
  readonly shown: readonly PaletteEntry[] = $derived.by(() => searchEntries(this.#all(), this.#query, this.#recent));

  constructor(all: () => readonly PaletteEntry[], recent: readonly string[]) {
    this.#all = all;
    this.#recent = recent;
  }

  get query(): string {
    return this.#query;
  }

  set query(query: string) {
    this.#query = query;
    this.#index = 0;
  }

  /** Where the keyboard is. Entries may go while the palette is open. */
  get index(): number {
    return Math.min(this.#index, Math.max(0, this.shown.length - 1));
  }

  get active(): PaletteEntry | null {
    return this.shown[this.index] ?? null;
  }

  isRecent(entry: PaletteEntry): boolean {
    return this.#query.trim() === '' && this.#recent.includes(entry.id);
  }

  point(index: number): void {
    this.#index = index;
  }

  /** @returns whether the key moves about in the list */
  move(key: string): boolean {
    const last = this.shown.length - 1;
    const to: Readonly<Record<string, number>> = {
      // Round the ends, as lists of this kind do.
      ArrowDown: this.index >= last ? 0 : this.index + 1,
      ArrowUp: this.index <= 0 ? last : this.index - 1,
      PageDown: Math.min(last, this.index + 8),
      PageUp: Math.max(0, this.index - 8),
    };
    const next = Object.hasOwn(to, key) ? to[key] : undefined;
    if (next === undefined) return false;
    this.#index = Math.max(0, next);
    return true;
  }
}
