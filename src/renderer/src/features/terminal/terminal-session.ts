import { FitAddon } from '@xterm/addon-fit';
import { SerializeAddon } from '@xterm/addon-serialize';
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import { Terminal } from '@xterm/xterm';
import type { MachineClient } from '../../../../machine/client.ts';
import { TERMINAL_MAX_COLUMNS, TERMINAL_MAX_ROWS } from '../../../../shared/model/limits.ts';
import { DEFAULT_SETTINGS } from '../../../../shared/model/settings.ts';
import type { ScreenPreview } from '../../../../shared/model/state.ts';
import { t } from '../../text/text.svelte.ts';
import type { TerminalId } from '../../vm/terminal-id.ts';
import type { TerminalLine, TerminalSource } from '../../vm/terminal-source.ts';
import { bufferText } from './buffer-text.ts';
import { CommandMarks, type FinishedCommand } from './command-marks.ts';
import { refuseExcessiveCounts } from './csi-counts.ts';
import { CursorRest } from './cursor-rest.ts';
import { drawingCoreOf, paceDrawing } from './draw-pacer.ts';
import { GpuDrawing } from './gpu-drawing.ts';
import { lastAddressIn } from './link-address.ts';
import { pageTurns } from './frame-turns.ts';
import { PacedWriter } from './paced-writer.ts';
import { SCREEN_MAX_CHARACTERS } from '../workspace/workspace-keeping.ts';
import { screenOf } from './screen-of.ts';
import { isTerminalAnswer } from './terminal-answer.ts';
import { appearanceOf, xtermAppearance, type TerminalAppearance } from './terminal-appearance.ts';
import { TerminalClipboard, type ClipboardSurroundings } from './terminal-clipboard.ts';
import { TerminalFinder } from './terminal-finder.ts';
import { terminalCommand, type TerminalCommand } from './terminal-keys.ts';
import { terminalLabel } from './terminal-label.ts';
import { TerminalLinks } from './terminal-links.ts';
import { TerminalNews } from './terminal-news.svelte.ts';
import './terminal.css';

export type { TerminalAppearance } from './terminal-appearance.ts';

/** What a terminal needs of the app. */
export interface TerminalSurroundings extends ClipboardSurroundings {
  openLink(url: string): void;
  ringSound(): void;
  /** The person uses this terminal now. */
  used(terminal: TerminalSession): void;
  /** It is no longer there to be used. */
  gone(terminal: TerminalSession): void;
  /** A command that was typed in it has ended. */
  commandFinished(terminal: TerminalSession, command: FinishedCommand): void;
  /** Whether the app does something with this key; then the guest does not get it. */
  takesKey(event: KeyboardEvent): boolean;
}

/** Lines of a terminal that are kept over a restart. */
const KEPT_LINES = 2000;
/** Nobody presses more keys in the blink of an eye that history takes. */
const EARLY_PIECES_MAX = 1000;
/** How long a bell is seen. */
const BELL_SHOWN_MS = 160;

/**
 * One terminal of a VM on the screen: the xterm terminal, the bytes in both directions, and what
 * survives tab switches. Its element moves between containers; the machine behind it may change.
 *
 * Tests read what it shows by dispatching `new CustomEvent('terrarium:read-text', { detail: {} })`
 * on its element (`data-testid="terminal"`): `event.detail.text` is then the text of its last 2,000 lines,
 * `event.detail.cursor` the column and row of its cursor, from 0.
 */
export class TerminalSession {
  readonly id: TerminalId;
  readonly element: HTMLElement;
  /** What a person typed or pasted, beside its going to the machine; whoever shows it sets this. */
  onTyped: (bytes: Uint8Array) => void = () => undefined;
  /** Commands that need more than the terminal itself; whoever shows it sets this. */
  onCommand: (command: Exclude<TerminalCommand, 'copy' | 'paste'>) => void = () => undefined;
  readonly finder: TerminalFinder;
  /** Its title and bell, for those that list it; reactive. */
  readonly news: TerminalNews;
  readonly #terminal: Terminal;
  readonly #marks: CommandMarks;
  readonly #writer: PacedWriter;
  readonly #fit = new FitAddon();
  readonly #serialize = new SerializeAddon();
  readonly #cursor = new CursorRest({
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
    setBlinking: (isBlinking) => (this.#terminal.options.cursorBlink = isBlinking),
  });
  readonly #gpu: GpuDrawing;
  readonly #clipboard: TerminalClipboard;
  readonly #resizes: ResizeObserver;
  readonly #encoder = new TextEncoder();
  readonly #around: TerminalSurroundings;
  readonly #source: TerminalSource;
  #client: MachineClient | null = null;
  #line: TerminalLine | null = null;
  /** While history is replayed, the terminal's answers to old queries must not be typed into the guest. */
  #isReplaying = false;
  /** What was typed meanwhile. */
  #early: Uint8Array[] = [];
  #isOpen = false;
  #printedBytes = 0;
  #appearance: TerminalAppearance = appearanceOf(DEFAULT_SETTINGS, 'dark');

  constructor(id: TerminalId, source: TerminalSource, around: TerminalSurroundings) {
    this.id = id;
    this.#source = source;
    this.#around = around;
    this.element = document.createElement('div');
    this.element.className = 'terminal-element';
    this.element.dataset['testid'] = 'terminal';
    this.element.dataset['console'] = String(id);
    this.element.addEventListener('terrarium:read-text', this.#answerReadText);
    this.element.addEventListener('focusin', this.#focused);
    const { isReadOnly } = source;
    this.#terminal = new Terminal({
      ...xtermAppearance(this.#appearance, isReadOnly),
      allowProposedApi: true,
      cursorInactiveStyle: 'outline',
      disableStdin: isReadOnly,
      // The serial port's kernel messages end in bare line feeds until a terminal driver adds returns.
      convertEol: isReadOnly,
      drawBoldTextInBrightColors: false,
      fontWeight: 400,
      fontWeightBold: 700,
      macOptionIsMeta: true,
      rescaleOverlappingGlyphs: true,
      rightClickSelectsWord: true,
      smoothScrollDuration: 0,
    });
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.loadAddon(this.#serialize);
    this.#terminal.loadAddon(new UnicodeGraphemesAddon());
    refuseExcessiveCounts(this.#terminal.parser);
    new TerminalLinks(this.#terminal, this.element, (address) => around.openLink(address));
    this.finder = new TerminalFinder(this.#terminal, () => this.#appearance);
    this.news = this.#newsOf();
    this.#marks = this.#marksOf();
    this.#writer = new PacedWriter(this.#terminal, pageTurns());
    this.#gpu = new GpuDrawing(this.#terminal);
    this.#clipboard = new TerminalClipboard(this.#terminal, this.element, around, () => this.#isLive);
    this.#terminal.attachCustomKeyEventHandler((event) => this.#takesKey(event));
    this.#terminal.onData((text) => this.#typed(text));
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

  /** All that machines have printed in it: whoever saw a number of before knows whether there is more. */
  get printedBytes(): number {
    return this.#printedBytes;
  }

  /** What it shows now, as text; null for nothing. */
  screen(): ScreenPreview | null {
    return screenOf(this.#terminal.buffer.active, this.size);
  }

  /** Shows the terminal in a container. @returns a function that takes it out again */
  show(container: HTMLElement, appearance: TerminalAppearance): () => void {
    container.append(this.element);
    this.applyAppearance(appearance);
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#terminal.open(this.element);
      const drawing = drawingCoreOf(this.#terminal);
      if (drawing) paceDrawing(drawing, () => this.#writer.isFlooded);
    }
    this.#terminal.textarea?.setAttribute('aria-label', terminalLabel(this.id));
    this.#terminal.textarea?.setAttribute('aria-description', t('terminal.leave-hint'));
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

  applyAppearance(appearance: TerminalAppearance): void {
    this.#appearance = appearance;
    const options = xtermAppearance(appearance, this.#source.isReadOnly);
    this.#terminal.options = options;
    this.#cursor.set(options.cursorBlink === true);
    // The room around the letters has the colour of the scheme, too.
    this.element.parentElement?.style.setProperty('background-color', options.theme?.background ?? '');
    this.#fitToElement();
  }

  /** Shows a machine, from its history on in place of what was shown before, where there is one. */
  async connect(client: MachineClient): Promise<void> {
    this.disconnect();
    this.#client = client;
    this.#around.clipboardGate.shows(client);
    this.#isReplaying = true;
    // What the machine before has sent is drawn first, so none of it appears after the reset.
    await this.#drawn();
    if (this.#source.hasHistory) this.#terminal.reset();
    this.news.reset();
    this.#marks.reset();
    const viewer = {
      write: (bytes: Uint8Array, drawn: () => void) => {
        this.#printedBytes += bytes.byteLength;
        this.#writer.write(bytes, drawn);
      },
    };
    const line = await this.#source.connect(client, viewer, this.size);
    await this.#drawn();
    if (this.#client !== client) {
      line.close();
      return;
    }
    this.#line = line;
    this.#isReplaying = false;
    for (const bytes of this.#early.splice(0)) this.#send(bytes);
    this.#tellSize();
  }

  /** Leaves the machine; what it showed stays on the screen. */
  disconnect(): void {
    this.#early = [];
    this.#client = null;
    this.#line = null;
  }

  /** Leaves a machine that goes on without this terminal. */
  hangUp(): void {
    this.#line?.close();
    this.disconnect();
  }

  /** Takes what was typed elsewhere for it, too. */
  type(bytes: Uint8Array): void {
    if (!this.#isReplaying) this.#send(bytes);
    else if (this.#early.length < EARLY_PIECES_MAX) this.#early.push(bytes);
  }

  /** What it shows, for a later {@link showKept}: the newest of it, up to so many characters. */
  keptScreen(): string {
    for (let lines = KEPT_LINES; lines > 0; lines = Math.floor(lines / 2)) {
      const text = this.#serialize.serialize({ scrollback: lines, excludeModes: true, excludeAltBuffer: true });
      if (text.length <= SCREEN_MAX_CHARACTERS) return text;
    }
    return '';
  }

  /** Shows what a terminal showed before Terrarium was closed. */
  showKept(screen: string): void {
    if (screen !== '') this.#terminal.write(screen);
  }

  focus(): void {
    this.#terminal.focus();
  }

  copy(): void {
    this.#clipboard.copy();
  }

  /** Pastes text as a person's paste is: cleaned, and asked about where that is due. */
  paste(text: string): Promise<void> {
    return this.#clipboard.paste(text);
  }

  selectAll(): void {
    this.#terminal.selectAll();
  }

  /** Forgets what has scrolled away. The line of the cursor stays. */
  clear(): void {
    this.#terminal.clear();
  }

  scroll(where: 'page-up' | 'page-down' | 'top' | 'bottom'): void {
    if (where === 'top') this.#terminal.scrollToTop();
    else if (where === 'bottom') this.#terminal.scrollToBottom();
    else this.#terminal.scrollPages(where === 'page-up' ? -1 : 1);
  }

  /** Opens the address printed last, for who uses no mouse. @returns whether there is one */
  openLastLink(): boolean {
    const address = lastAddressIn(bufferText(this.#terminal.buffer.active));
    if (address !== null) this.#around.openLink(address);
    return address !== null;
  }

  dispose(): void {
    this.disconnect();
    this.#resizes.disconnect();
    this.#gpu.stop();
    this.#clipboard.dispose();
    this.#cursor.dispose();
    this.#around.gone(this);
    this.element.removeEventListener('terrarium:read-text', this.#answerReadText);
    this.element.removeEventListener('focusin', this.#focused);
    this.#terminal.dispose();
    this.element.remove();
  }

  /** What is typed reaches a machine, and what is printed is new. */
  get #isLive(): boolean {
    return !this.#source.isReadOnly && this.#line !== null;
  }

  #newsOf(): TerminalNews {
    const news = new TerminalNews({
      nowMs: () => performance.now(),
      after: (delayMs, run) => void setTimeout(run, delayMs),
      ring: () => this.#ring(),
      isLookedAt: () => document.hasFocus() && this.element.contains(document.activeElement),
    });
    this.#terminal.onTitleChange((title) => news.retitle(title));
    this.#terminal.onBell(() => {
      if (!this.#isReplaying) news.bell();
    });
    return news;
  }

  #marksOf(): CommandMarks {
    const marks = new CommandMarks(this.#terminal, {
      nowMs: () => performance.now(),
      after: (delayMs, run) => void setTimeout(run, delayMs),
      finished: (command) => this.#around.commandFinished(this, command),
    });
    // Before the keys are sent, so that the cursor is where the prompt left it.
    this.#terminal.onData((text) => marks.typed(text));
    return marks;
  }

  #ring(): void {
    const { bell } = this.#around.settings();
    if (bell === 'sound') this.#around.ringSound();
    if (bell !== 'visual') return;
    this.element.classList.add('rings');
    setTimeout(() => this.element.classList.remove('rings'), BELL_SHOWN_MS);
  }

  #drawn(): Promise<void> {
    return new Promise((resolve) => {
      this.#writer.write(new Uint8Array(0), resolve);
    });
  }

  #typed(text: string): void {
    const bytes = this.#encoder.encode(text);
    // What the terminal itself answers to a program is for that program alone, and not for one of long ago.
    if (isTerminalAnswer(text)) {
      this.#send(bytes);
      return;
    }
    this.#cursor.used();
    this.onTyped(bytes);
    this.type(bytes);
  }

  #send(bytes: Uint8Array): void {
    if (!this.#isReplaying) this.#line?.input(bytes);
  }

  #tellSize(): void {
    if (!this.#isReplaying) this.#line?.resize(this.size);
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
    // What the app does with a key, it does when the event reaches the window.
    if (command === null) return !this.#around.takesKey(event);
    // The browser pastes into the focused terminal by itself, without asking for the clipboard permission.
    if (command === 'paste') return false;
    if (event.type !== 'keydown') return false;
    event.preventDefault();
    if (command === 'copy') this.copy();
    else this.onCommand(command);
    return false;
  }

  readonly #focused = (): void => {
    this.#cursor.used();
    this.news.lookedAt();
    this.#around.used(this);
  };

  readonly #answerReadText = (event: Event): void => {
    if (event instanceof CustomEvent && typeof event.detail === 'object' && event.detail !== null) {
      const { active } = this.#terminal.buffer;
      const cursor = { column: active.cursorX, row: active.cursorY };
      Object.assign(event.detail, { text: bufferText(active), cursor });
    }
  };
}
