import type { MachineClient } from '../../../../machine/client.ts';
import type { ScreenFrame, ScreenInput } from '../../../../machine/screen-frame.ts';
import { toErr } from '../../../../shared/result.ts';
import { said } from '../../text/text.svelte.ts';

/**
 * The display of one VM, over all machines it has in its life. A machine is asked for what it shows only while somebody
 * looks; then the last frame is here.
 */
export class ScreenSession {
  #frame: ScreenFrame | null = $state.raw(null);
  #failure: string | null = $state(null);
  /** It has the mouse for itself; who shows it says so. */
  isMouseLocked: boolean = $state(false);
  /** Gives it the mouse; who shows it sets this. */
  onLockMouse: () => void = () => undefined;
  /** Puts the keyboard into it; who shows it sets this. */
  onFocus: () => void = () => undefined;
  #client: MachineClient | null = null;
  #viewers = 0;
  readonly #nextFrame: (run: () => void) => void;

  /** @param nextFrame runs something when the page has been drawn the next time */
  constructor(nextFrame: (run: () => void) => void = (run) => void requestAnimationFrame(run)) {
    this.#nextFrame = nextFrame;
  }

  /** Null until something came. */
  get frame(): ScreenFrame | null {
    return this.#frame;
  }

  /** Why nothing comes. */
  get failure(): string | null {
    return this.#failure;
  }

  /** A machine has begun to run. */
  connect(client: MachineClient): void {
    this.#client = client;
    if (this.#viewers > 0) this.#attach(client);
  }

  disconnect(): void {
    this.#client = null;
    this.#frame = null;
    this.#failure = null;
  }

  /** Somebody looks. @returns what ends that */
  show(): () => void {
    this.#viewers += 1;
    if (this.#viewers === 1 && this.#client !== null) this.#attach(this.#client);
    let isShown = true;
    return () => {
      if (!isShown) return;
      isShown = false;
      this.#viewers -= 1;
      if (this.#viewers === 0) this.#client?.detachScreen();
    };
  }

  focus(): void {
    this.onFocus();
  }

  /** For guests that only take movements: the pointer does not leave it until the person takes it back. */
  lockMouse(): void {
    this.onLockMouse();
  }

  input(input: ScreenInput): void {
    if (this.#viewers > 0) this.#client?.screenInput(input);
  }

  #attach(client: MachineClient): void {
    this.#failure = null;
    const viewer = {
      show: (frame: ScreenFrame, drawn: () => void) => {
        if (this.#client === client) this.#frame = frame;
        this.#nextFrame(drawn);
      },
    };
    client.attachScreen(viewer).catch((caught: unknown) => {
      // A machine that ended meanwhile has nothing left to show.
      if (this.#client === client) this.#failure = said(toErr(caught).error.message);
    });
  }
}
