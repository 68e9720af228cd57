import { WebglAddon } from '@xterm/addon-webgl';
import type { Terminal } from '@xterm/xterm';
import { isDrawnByProcessor } from './graphics-card.ts';

/**
 * Draws a terminal with WebGL while it is on the screen. Where the GPU is missing or its context
 * gets lost, the terminal falls back to its own DOM drawing and stays there.
 */
export class GpuDrawing {
  readonly #terminal: Terminal;
  #addon: WebglAddon | null = null;
  #isUnusable = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  start(): void {
    if (this.#isUnusable || this.#addon || isDrawnByProcessor()) return;
    const addon = new WebglAddon();
    try {
      this.#terminal.loadAddon(addon);
    } catch (caught) {
      console.info('Terminals are drawn without the GPU:', caught);
      this.#isUnusable = true;
      addon.dispose();
      return;
    }
    addon.onContextLoss(() => {
      this.#isUnusable = true;
      this.stop();
    });
    this.#addon = addon;
  }

  stop(): void {
    this.#addon?.dispose();
    this.#addon = null;
  }
}
