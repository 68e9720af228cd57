/** A screen ahead: a row is there before it is scrolled to. */
const MARGIN_PX = 600;

/**
 * Tells rows of a long list when they come near the part of it that shows, once each. What a row has inside is made
 * only then: a thousand rows with buttons, menus and pictures would take seconds.
 */
export class RowWatch {
  #observer: IntersectionObserver | null = null;
  readonly #waiting = new Map<Element, () => void>();

  /** @returns what ends waiting */
  watch(row: HTMLElement, onNear: () => void): () => void {
    this.#waiting.set(row, onNear);
    this.#observerOf(row).observe(row);
    return () => this.#forget(row);
  }

  #observerOf(row: HTMLElement): IntersectionObserver {
    this.#observer ??= new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (!isIntersecting) continue;
          this.#waiting.get(target)?.();
          this.#forget(target);
        }
      },
      { root: row.closest('[role="tree"]'), rootMargin: `${MARGIN_PX}px 0px` },
    );
    return this.#observer;
  }

  #forget(row: Element): void {
    this.#waiting.delete(row);
    this.#observer?.unobserve(row);
  }
}
