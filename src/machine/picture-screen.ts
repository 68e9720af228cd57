import { SCREEN_MAX_HEIGHT, SCREEN_MAX_WIDTH, type PictureFrame, type UnshownFrame } from './screen-frame.ts';
import type { ScreenLayer } from './v86-internals.ts';

/** Opaque black, as the bytes of a pixel lie in a word. */
const BLACK = 0xff000000;

/** The pixels of a graphics mode. Sizes and places are the guest's to choose. */
export class PictureScreen {
  #width = 0;
  #height = 0;
  #pixels = new Uint32Array(0);
  #hasChanged = true;

  get hasChanged(): boolean {
    return this.#hasChanged;
  }

  resize(width: number, height: number): void {
    if (width === this.#width && height === this.#height) return;
    this.#width = width;
    this.#height = height;
    this.#pixels = new Uint32Array(this.#isTooLarge ? 0 : width * height).fill(BLACK);
    this.#hasChanged = true;
  }

  clear(): void {
    this.#pixels.fill(BLACK);
    this.#hasChanged = true;
  }

  /** Copies pixels of the card's own buffers, as a canvas's putImageData would place them. */
  copy(layers: readonly ScreenLayer[]): void {
    if (this.#isTooLarge) return;
    for (const layer of layers) if (layer.image_data !== null) this.#copyLayer(layer, layer.image_data);
  }

  #copyLayer(layer: ScreenLayer, image: NonNullable<ScreenLayer['image_data']>): void {
    const source = new Uint32Array(image.data.buffer, image.data.byteOffset, image.data.byteLength >> 2);
    // From a place in the buffer to the one on the screen.
    const [byX, byY] = [layer.screen_x - layer.buffer_x, layer.screen_y - layer.buffer_y];
    const left = Math.max(layer.buffer_x, 0, -byX);
    const right = Math.min(layer.buffer_x + layer.buffer_width, image.width, this.#width - byX);
    const top = Math.max(layer.buffer_y, 0, -byY);
    const bottom = Math.min(layer.buffer_y + layer.buffer_height, image.height, this.#height - byY);
    const pixels = this.#pixels;
    let hasChanged = false;
    for (let y = top; y < bottom; y += 1) {
      let from = y * image.width + left;
      let to = (y + byY) * this.#width + left + byX;
      for (let x = left; x < right; x += 1, from += 1, to += 1) {
        const pixel = ((source[from] ?? 0) | BLACK) >>> 0;
        if (pixels[to] === pixel) continue;
        pixels[to] = pixel;
        hasChanged = true;
      }
    }
    if (hasChanged) this.#hasChanged = true;
  }

  /** A copy of all of it; nothing has changed then. */
  take(): PictureFrame | UnshownFrame {
    this.#hasChanged = false;
    const [width, height] = [this.#width, this.#height];
    if (this.#isTooLarge) return { kind: 'unshown', why: 'too-large', width, height };
    return { kind: 'picture', width, height, pixels: new Uint8ClampedArray(this.#pixels.slice().buffer) };
  }

  get #isTooLarge(): boolean {
    return this.#width > SCREEN_MAX_WIDTH || this.#height > SCREEN_MAX_HEIGHT;
  }
}
