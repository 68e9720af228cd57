import { PictureScreen } from './picture-screen.ts';
import type { ScreenFrame } from './screen-frame.ts';
import { TextScreen } from './text-screen.ts';
import type { ScreenAdapter, Vga } from './v86-internals.ts';

/** Thirty pictures a second look like motion; more would only cost the guest. */
const LOOK_EVERY_MS = 33;
/** A picture that has stood still for a second is looked at less often. */
const LOOK_AT_STILL_EVERY_MS = 100;
const STILL_AFTER_LOOKS = 30;

export interface VgaScreenPorts {
  /** Passes a frame to who looks; `number` comes back when it was drawn. */
  send(frame: ScreenFrame, number: number): void;
  schedule(afterMs: number, run: () => void): void;
}

/**
 * The display of a machine. v86 writes what it shows into a “screen adapter”; a worker's does nothing, and stays like that
 * until somebody looks. One frame is on its way at a time: the next is made when that was drawn.
 */
export class VgaScreen {
  readonly #vga: Vga;
  readonly #ports: VgaScreenPorts;
  readonly #text = new TextScreen();
  readonly #picture = new PictureScreen();
  /** The adapter's own methods, while ours are in their place. */
  #idle: ScreenAdapter | null = null;
  /** Counts who looked: a look that was scheduled for one before is void. */
  #viewing = 0;
  #number = 0;
  #inFlight: number | null = null;
  #stillLooks = 0;
  /** What kind the last frame was, a refusal with all it said; null before the first one. */
  #last: string | null = null;

  constructor(vga: Vga, ports: VgaScreenPorts) {
    this.#vga = vga;
    this.#ports = ports;
  }

  /** Somebody looks: all of the screen comes first, then what changes. In place of who looked before. */
  attach(): void {
    this.#idle ??= this.#replaceAdapter();
    this.#viewing += 1;
    this.#inFlight = null;
    this.#last = null;
    this.#stillLooks = 0;
    this.#takeOver();
    this.#look(this.#viewing);
  }

  /** Nobody looks: from now on it costs nothing. */
  detach(): void {
    this.#viewing += 1;
    if (this.#idle) Object.assign(this.#vga.screen, this.#idle);
    this.#idle = null;
  }

  acked(number: number): void {
    if (number === this.#inFlight) this.#inFlight = null;
  }

  #look(viewing: number): void {
    if (viewing !== this.#viewing) return;
    if (this.#inFlight === null) {
      const frame = this.#nextFrame();
      if (frame) {
        this.#number += 1;
        this.#inFlight = this.#number;
        this.#last = kindOf(frame);
        this.#stillLooks = 0;
        this.#ports.send(frame, this.#number);
      } else this.#stillLooks += 1;
    }
    const isStill = this.#vga.graphical_mode && this.#stillLooks > STILL_AFTER_LOOKS;
    this.#ports.schedule(isStill ? LOOK_AT_STILL_EVERY_MS : LOOK_EVERY_MS, () => this.#look(viewing));
  }

  #nextFrame(): ScreenFrame | null {
    if (!this.#vga.graphical_mode)
      return this.#text.hasChanged || this.#last !== 'text' ? this.#changed(this.#text.take()) : null;
    try {
      if (this.#vga.image_data === null) this.#makeBuffer();
      this.#vga.screen_fill_buffer();
    } catch (cause) {
      // What a guest puts into the card's registers must not end the machine. The card draws nothing then.
      const refusal = this.#changed(this.#unknownMode());
      if (refusal) console.warn('the screen cannot be drawn:', cause);
      return refusal;
    }
    return this.#picture.hasChanged || this.#last !== 'picture' ? this.#changed(this.#picture.take()) : null;
  }

  /** The same refusal is not said again. */
  #changed(frame: ScreenFrame): ScreenFrame | null {
    return frame.kind === 'unshown' && this.#last === kindOf(frame) ? null : frame;
  }

  #unknownMode(): ScreenFrame {
    return {
      kind: 'unshown',
      why: 'unknown-mode',
      width: this.#vga.screen_width,
      height: this.#vga.screen_height,
    };
  }

  #replaceAdapter(): ScreenAdapter {
    const { screen } = this.#vga;
    const idle: ScreenAdapter = { ...screen };
    const ours: Partial<ScreenAdapter> = {
      put_char: (row, column, character, _flags, background, foreground) =>
        this.#text.put(row, column, character, background, foreground),
      set_size_text: (columns, rows) => this.#text.resize(columns, rows),
      update_cursor: (row, column) => this.#text.moveCursor(row, column),
      update_cursor_scanline: (_start, _end, isEnabled) => this.#text.showCursor(isEnabled),
      set_size_graphical: (width, height) => this.#picture.resize(width, height),
      clear_screen: () => this.#picture.clear(),
      update_buffer: (layers) => this.#picture.copy(layers),
    };
    Object.assign(screen, ours);
    return idle;
  }

  /** Has the card say again what it has said before anybody looked. */
  #takeOver(): void {
    const vga = this.#vga;
    this.#text.resize(vga.max_cols, vga.max_rows);
    this.#picture.resize(vga.screen_width, vga.screen_height);
    vga.update_cursor_scanline();
    if (!vga.graphical_mode) vga.update_cursor();
    vga.complete_redraw();
    vga.complete_replot();
  }

  /** Where there is no ImageData (Node), v86 has made no buffer to draw into when the mode was set. */
  #makeBuffer(): void {
    provideImageData();
    const vga = this.#vga;
    const [width, height] = [vga.screen_width, vga.screen_height];
    // Otherwise the size would be no news to it.
    vga.screen_width = 0;
    vga.set_size_graphical(width, height, vga.virtual_width, vga.virtual_height, vga.svga_bpp);
    vga.update_layers();
    vga.complete_redraw();
    vga.complete_replot();
  }
}

function kindOf(frame: ScreenFrame): string {
  return frame.kind === 'unshown' ? `${frame.why} ${frame.width} × ${frame.height}` : frame.kind;
}

/** As much of ImageData as v86 uses. */
function provideImageData(): void {
  if (Reflect.has(globalThis, 'ImageData')) return;
  class BareImageData {
    readonly data: Uint8ClampedArray;
    readonly width: number;
    readonly height: number;
    constructor(data: Uint8ClampedArray, width: number, height: number) {
      this.data = data;
      this.width = width;
      this.height = height;
    }
  }
  Object.assign(globalThis, { ImageData: BareImageData });
}
