/** Whether the window is in sight. What nobody sees is not drawn: no updates of charts, no animations. */
export class WindowSight {
  #isSeen = $state(true);
  readonly #listeners: ((isSeen: boolean) => void)[] = [];

  get isSeen(): boolean {
    return this.#isSeen;
  }

  take(isSeen: boolean): void {
    if (this.#isSeen === isSeen) return;
    this.#isSeen = isSeen;
    for (const listener of this.#listeners) listener(isSeen);
  }

  onChange(listener: (isSeen: boolean) => void): void {
    this.#listeners.push(listener);
  }
}
