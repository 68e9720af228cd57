/** Tells where a link leads while the pointer is on it, near the pointer and inside the terminal. */
export class LinkHint {
  readonly #within: HTMLElement;
  #element: HTMLElement | null = null;

  constructor(within: HTMLElement) {
    this.#within = within;
  }

  show(pointer: Pick<MouseEvent, 'clientX' | 'clientY'>, address: string, how: string): void {
    this.hide();
    const element = document.createElement('div');
    element.className = 'terminal-link-hint xterm-hover';
    element.role = 'tooltip';
    element.dataset['testid'] = 'link-hint';
    const where = document.createElement('span');
    where.className = 'address';
    where.textContent = address;
    const key = document.createElement('span');
    key.className = 'how';
    key.textContent = how;
    element.append(where, key);
    this.#within.append(element);
    const area = this.#within.getBoundingClientRect();
    const box = element.getBoundingClientRect();
    const x = Math.min(pointer.clientX - area.left, area.width - box.width - 8);
    const above = pointer.clientY - area.top - box.height - 12;
    element.style.left = `${Math.max(4, x)}px`;
    element.style.top = `${above < 4 ? pointer.clientY - area.top + 20 : above}px`;
    this.#element = element;
  }

  hide(): void {
    this.#element?.remove();
    this.#element = null;
  }
}
