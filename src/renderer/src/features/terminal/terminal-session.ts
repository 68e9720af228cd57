import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon, type ISearchResultChangeEvent } from '@xterm/addon-search';
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { Terminal } from '@xterm/xterm';
import type { MachineClient } from '../../../../machine/client.ts';
import type { ConsoleId } from '../../../../machine/protocol.ts';
import { TERMINAL_MAX_COLUMNS, TERMINAL_MAX_ROWS } from '../../../../shared/model/limits.ts';
import type { ScreenPreview } from '../../../../shared/model/state.ts';
import { bufferText } from './buffer-text.ts';
import { refuseExcessiveCounts } from './csi-counts.ts';
import { GpuDrawing } from './gpu-drawing.ts';
import { screenOf } from './screen-of.ts';
import { terminalCommand, type TerminalCommand } from './terminal-keys.ts';
import { searchColours, terminalPalette } from './terminal-palette.ts';

export interface TerminalAppearance {
  readonly theme: 'light' | 'dark';
  readonly fontSize: number;
  readonly scrollbackLines: number;
}

export interface TerminalSurroundings {
  openLink(url: string): void;
  clipboardFailed(message: string): void;
}

/**
 * One console of a VM on the screen: the xterm terminal, the bytes in both directions, and what
 * survives tab switches. Its element moves between containers; the machine behind it may change.
 *
 * Tests read what it shows by dispatching `new CustomEvent('terrarium:read-text', { detail: {} })`
 * on its element (`data-testid="terminal"`): `event.detail.text` is then the text of its last 2,000 lines.
 */
export class TerminalSession {
  readonly console: ConsoleId;
  readonly element: HTMLElement;
  /** Commands that need more than the terminal itself; whoever shows it sets this. */
  onCommand: (command: Exclude<TerminalCommand, 'copy' | 'paste'>) => void = () => undefined;
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #search = new SearchAddon();
  readonly #gpu: GpuDrawing;
  readonly #resizes: ResizeObserver;
  readonly #encoder = new TextEncoder();
  readonly #around: TerminalSurroundings;
  #client: MachineClient | null = null;
  /** While history is replayed, the terminal's answers to old queries must not be typed into the guest. */
  #isReplaying = false;
  #isOpen = false;
  #theme: 'light' | 'dark' = 'dark';

  constructor(console: ConsoleId, around: TerminalSurroundings) {
    this.console = console;
    this.#around = around;
    this.element = document.createElement('div');
    this.element.className = 'terminal-element';
    this.element.dataset['testid'] = 'terminal';
    this.element.dataset['console'] = String(console);
    this.element.addEventListener('terrarium:read-text', this.#answerReadText);
    this.#terminal = new Terminal({
      allowProposedApi: true,
      cursorBlink: console !== 'boot',
      cursorStyle: 'bar',
      cursorInactiveStyle: 'outline',
      disableStdin: console === 'boot',
      // The serial port's kernel messages end in bare line feeds until a terminal driver adds returns.
      convertEol: console === 'boot',
      drawBoldTextInBrightColors: false,
      fontFamily: "'JetBrains Mono', ui-monospace, monospace",
      fontWeight: 400,
      fontWeightBold: 700,
      lineHeight: 1.2,
      // Links a program marks as such (OSC 8); plain addresses are found by the addon below.
      linkHandler: { activate: (_event, url) => around.openLink(url) },
      macOptionIsMeta: true,
      // Programs put any colour on any other; the text stays readable on all of them.
      minimumContrastRatio: 4.5,
      rightClickSelectsWord: true,
      screenReaderMode: false,
      smoothScrollDuration: 0,
    });
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.loadAddon(this.#search);
    this.#terminal.loadAddon(new UnicodeGraphemesAddon());
    this.#terminal.loadAddon(new WebLinksAddon((_event, url) => around.openLink(url)));
    refuseExcessiveCounts(this.#terminal.parser);
    this.#gpu = new GpuDrawing(this.#terminal);
    this.#terminal.attachCustomKeyEventHandler((event) => this.#takesKey(event));
    this.#terminal.onData((text) => this.#send(this.#encoder.encode(text)));
    this.#terminal.onBinary((text) => this.#send(Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff)));
    this.#terminal.onResize(({ cols, rows }) => {
      this.#tellSize();
      this.element.dataset['columns'] = String(cols);
      this.element.dataset['rows'] = String(rows);
    });
    this.#resizes = new ResizeObserver(() => this.#fitToElement());
  }

  get size(): { readonly columns: number; readonly rows: number } {
    return { columns: this.#terminal.cols, rows: this.#terminal.rows };
  }

  /** What it shows now, as text; null for nothing. */
  screen(): ScreenPreview | null {
    return screenOf(this.#terminal.buffer.active, this.size);
  }

  /** Shows the terminal in a container. @returns a function that takes it out again */
  show(container: HTMLElement, appearance: TerminalAppearance): () => void {
    this.applyAppearance(appearance);
    container.append(this.element);
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#terminal.open(this.element);
      this.#terminal.textarea?.setAttribute('aria-label', this.#label());
      this.#terminal.textarea?.setAttribute('aria-description', 'Control+Shift+E leaves the terminal.');
    }
    // Browsers allow few GPU contexts at once; only terminals on the screen hold one.
    this.#gpu.start();
    this.#fitToElement();
    this.#resizes.observe(this.element);
    return () => {
      this.#resizes.unobserve(this.element);
      this.#gpu.stop();
      this.element.remove();
    };
  }

  applyAppearance({ theme, fontSize, scrollbackLines }: TerminalAppearance): void {
    this.#theme = theme;
    this.#terminal.options.theme = terminalPalette(theme);
    this.#terminal.options.scrollback = scrollbackLines;
    if (this.#terminal.options.fontSize === fontSize) return;
    this.#terminal.options.fontSize = fontSize;
    this.#fitToElement();
  }

  /** Shows a machine's console from its history on, in place of what was shown before. */
  async connect(client: MachineClient): Promise<void> {
    this.disconnect();
    this.#client = client;
    this.#isReplaying = true;
    // What the machine before has sent is drawn first, so none of it appears after the reset.
    await this.#drawn();
    this.#terminal.reset();
    await client.attach(this.console, { write: (bytes, drawn) => this.#terminal.write(bytes, drawn) });
    await this.#drawn();
    if (this.#client !== client) return;
    this.#isReplaying = false;
    this.#tellSize();
  }

  /** Leaves the machine; what it showed stays on the screen. */
  disconnect(): void {
    this.#client = null;
  }

  focus(): void {
    this.#terminal.focus();
  }

  find(text: string, direction: 'next' | 'previous', isIncremental: boolean): void {
    const options = { decorations: searchColours(this.#theme), incremental: isIncremental };
    if (direction === 'next') this.#search.findNext(text, options);
    else this.#search.findPrevious(text, options);
  }

  endFind(): void {
    this.#search.clearDecorations();
    this.#terminal.clearSelection();
  }

  onFindResults(listener: (results: ISearchResultChangeEvent) => void): () => void {
    const subscription = this.#search.onDidChangeResults(listener);
    return () => subscription.dispose();
  }

  dispose(): void {
    this.disconnect();
    this.#resizes.disconnect();
    this.#gpu.stop();
    this.element.removeEventListener('terrarium:read-text', this.#answerReadText);
    this.#terminal.dispose();
    this.element.remove();
  }

  #label(): string {
    return this.console === 'boot' ? 'Boot log' : `Terminal ${this.console + 1}`;
  }

  #drawn(): Promise<void> {
    return new Promise((resolve) => {
      this.#terminal.write('', resolve);
    });
  }

  #send(bytes: Uint8Array): void {
    if (this.console !== 'boot' && !this.#isReplaying) this.#client?.input(this.console, bytes);
  }

  #tellSize(): void {
    if (this.console !== 'boot' && !this.#isReplaying) {
      this.#client?.resize(this.console, this.#terminal.cols, this.#terminal.rows);
    }
  }

  #fitToElement(): void {
    if (!this.#isOpen || !this.element.isConnected || this.element.clientWidth === 0) return;
    const proposed = this.#fit.proposeDimensions();
    if (!proposed || Number.isNaN(proposed.cols) || Number.isNaN(proposed.rows)) return;
    const columns = Math.min(proposed.cols, TERMINAL_MAX_COLUMNS);
    const rows = Math.min(proposed.rows, TERMINAL_MAX_ROWS);
    if (columns !== this.#terminal.cols || rows !== this.#terminal.rows) this.#terminal.resize(columns, rows);
  }

  /** @returns whether xterm should go on with the key */
  #takesKey(event: KeyboardEvent): boolean {
    const command = terminalCommand(event);
    if (command === null) return true;
    // The browser pastes into the focused terminal by itself, without asking for the clipboard permission.
    if (command === 'paste') return false;
    if (event.type !== 'keydown') return false;
    event.preventDefault();
    if (command === 'copy') this.#copy();
    else this.onCommand(command);
    return false;
  }

  #copy(): void {
    const text = this.#terminal.getSelection();
    if (text === '') return;
    navigator.clipboard.writeText(text).catch(() => {
      this.#around.clipboardFailed('The selected text could not be copied to the clipboard. Select it and try again.');
    });
  }

  readonly #answerReadText = (event: Event): void => {
    if (event instanceof CustomEvent && typeof event.detail === 'object' && event.detail !== null) {
      Object.assign(event.detail, { text: bufferText(this.#terminal.buffer.active) });
    }
  };
}
