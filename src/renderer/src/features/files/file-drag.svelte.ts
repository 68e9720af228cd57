import type { TerminalSession } from '../terminal/terminal-session.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';
import type { DragsOut } from './drags-out.ts';
import { lastOfGuestPath } from './guest-path.ts';
import { shellQuote } from './shell-quote.ts';

/** A hand that only presses moves less. */
const BEGINS_AT_PX = 6;

/** What a person reads beside the pointer while they drag. */
export interface ShownDrag {
  readonly x: number;
  readonly y: number;
  /** The name of the one that is dragged. */
  readonly name: string;
  readonly count: number;
  readonly isOnTerminal: boolean;
}

export interface DragSurroundings {
  readonly session: Pick<VmSession, 'name' | 'runningMachine' | 'terminalIn'>;
  readonly drags: Pick<DragsOut, 'pull'>;
  /** Guest paths of what a drag that begins on this name takes along. */
  pathsFrom(name: string): readonly string[];
}

/**
 * A drag of files within the window and out of it. It follows the pointer itself instead of being a drag of the browser's: that
 * could not become a drag of the system's with files in it once it had begun, and a terminal of ours needs no copy on the host.
 */
export class FileDrag {
  #shown: ShownDrag | null = $state.raw(null);
  /** The mouse is down on a name. */
  #press: { readonly name: string; readonly x: number; readonly y: number; readonly pointerId: number } | null = null;
  #paths: readonly string[] = [];
  #isOutside = false;
  #isPulled = false;
  /** Drags one after the other: what came too late must not be taken for the next. */
  #number = 0;
  #wake: () => void = () => undefined;
  readonly #around: DragSurroundings;

  constructor(around: DragSurroundings) {
    this.#around = around;
  }

  get shown(): ShownDrag | null {
    return this.#shown;
  }

  /** Whether what the mouse does belongs to a drag. */
  get isUnderWay(): boolean {
    return this.#paths.length > 0;
  }

  press(event: PointerEvent, name: string): void {
    this.end();
    this.#press = { name, x: event.clientX, y: event.clientY, pointerId: event.pointerId };
  }

  /** @param list gets all of the pointer's events while the drag lasts */
  move(event: PointerEvent, list: HTMLElement): void {
    const press = this.#press;
    if (event.pointerId !== press?.pointerId) return;
    const { clientX: x, clientY: y } = event;
    if (!this.isUnderWay) {
      if (Math.hypot(x - press.x, y - press.y) < BEGINS_AT_PX) return;
      const paths = this.#around.pathsFrom(press.name);
      if (paths.length === 0) return;
      this.#paths = paths;
      this.#number += 1;
      list.setPointerCapture(event.pointerId);
    }
    this.#isOutside = x < 0 || y < 0 || x >= innerWidth || y >= innerHeight;
    if (this.#isOutside) this.#pull();
    const [path = ''] = this.#paths;
    this.#shown = this.#isOutside
      ? null
      : {
          x,
          y,
          name: lastOfGuestPath(path),
          count: this.#paths.length,
          isOnTerminal: this.#terminalAt(x, y) !== undefined,
        };
    this.#wake();
  }

  /** The mouse was let go. @returns whether that ended a drag */
  release(event: PointerEvent): boolean {
    if (event.pointerId !== this.#press?.pointerId) return false;
    const wasUnderWay = this.isUnderWay;
    const typed = `${this.#paths.map(shellQuote).join(' ')} `;
    const terminal = wasUnderWay && !this.#isOutside ? this.#terminalAt(event.clientX, event.clientY) : undefined;
    this.end();
    if (terminal !== undefined) {
      // Where a person drops is where they go on.
      terminal.focus();
      void terminal.paste(typed);
    }
    return wasUnderWay;
  }

  /** Nothing comes of it; a copy that is under way is kept for the next drag. */
  end(): void {
    this.#press = null;
    this.#paths = [];
    this.#shown = null;
    this.#isOutside = false;
    this.#isPulled = false;
    this.#wake();
  }

  #pull(): void {
    if (this.#isPulled) return;
    this.#isPulled = true;
    const number = this.#number;
    const isHeld = (): boolean => this.isUnderWay && this.#number === number;
    const isWanted = async (): Promise<boolean> => {
      while (isHeld() && !this.#isOutside) await new Promise<void>((resolve) => (this.#wake = resolve));
      const wanted = isHeld();
      // From here on the pointer is the system's.
      if (wanted) this.end();
      return wanted;
    };
    void this.#around.drags.pull(this.#around.session, this.#paths, isWanted);
  }

  /** The terminal of this VM that is there; a boot log takes no keys. */
  #terminalAt(x: number, y: number): TerminalSession | undefined {
    const element = document.elementFromPoint(x, y)?.closest('.terminal-element');
    const terminal = element ? this.#around.session.terminalIn(element) : undefined;
    return terminal?.id === 'boot' ? undefined : terminal;
  }
}
