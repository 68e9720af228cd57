import type { Terminal } from '@xterm/xterm';
import type { Settings } from '../../../../shared/model/settings.ts';
import { t } from '../../text/text.svelte.ts';
import type { ClipboardGate } from './clipboard-gate.ts';
import { parseClipboardRequest } from './clipboard-request.ts';
import { cleanPastedText, pasteRisk, type PasteSummary } from './pasted-text.ts';

/** What a person is asked before something is pasted. */
export interface PasteQuestion extends PasteSummary {
  /** Control characters that were taken out. */
  readonly removedCount: number;
}

export interface ClipboardSurroundings {
  settings(): Settings;
  clipboardFailed(message: string): void;
  /** @returns whether the person wants it pasted */
  confirmPaste(question: PasteQuestion): Promise<boolean>;
  readonly clipboardGate: ClipboardGate;
}

/** All ways between one terminal and the clipboard: copying what is selected, pasting, and what programs in the guest ask for. */
export class TerminalClipboard {
  readonly #terminal: Terminal;
  readonly #element: HTMLElement;
  readonly #around: ClipboardSurroundings;
  readonly #mayReceive: () => boolean;
  readonly #listening = new AbortController();

  /**
   * @param element what the terminal is drawn in
   * @param mayReceive whether something can be typed into the terminal now, and what it prints is new
   */
  constructor(terminal: Terminal, element: HTMLElement, around: ClipboardSurroundings, mayReceive: () => boolean) {
    this.#terminal = terminal;
    this.#element = element;
    this.#around = around;
    this.#mayReceive = mayReceive;
    const { signal } = this.#listening;
    // Before xterm, which would paste without a question.
    element.addEventListener('paste', this.#pasted, { capture: true, signal });
    element.addEventListener('mousedown', this.#pressed, { signal });
    terminal.parser.registerOscHandler(52, (data) => this.#asked(data));
  }

  copy(): void {
    const text = this.#terminal.getSelection();
    if (text === '') return;
    navigator.clipboard.writeText(text).catch(() => this.#around.clipboardFailed(t('terminal.copy-failed')));
  }

  /** Pastes what is fit to be pasted, after a question where there is reason for one. */
  async paste(pasted: string): Promise<void> {
    const { text, removedCount } = cleanPastedText(pasted);
    if (text === '' || !this.#mayReceive()) return;
    const isBracketed = this.#terminal.modes.bracketedPasteMode;
    const risk = this.#around.settings().warnBeforePaste ? pasteRisk(text, isBracketed) : null;
    if (risk !== null && !(await this.#around.confirmPaste({ ...risk, removedCount }))) return;
    if (this.#mayReceive()) this.#terminal.paste(text);
  }

  dispose(): void {
    this.#listening.abort();
  }

  readonly #pasted = (event: ClipboardEvent): void => {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    // Files on the clipboard are somebody else's.
    if (text === '') return;
    event.preventDefault();
    event.stopPropagation();
    void this.paste(text);
  };

  /** A selection made with the mouse ends wherever the button is let go. */
  readonly #pressed = (event: MouseEvent): void => {
    if (event.button !== 0) return;
    const { signal } = this.#listening;
    document.addEventListener(
      'mouseup',
      // After xterm has heard of it.
      () => setTimeout(() => this.#around.settings().copyOnSelect && this.copy()),
      { once: true, signal },
    );
  };

  /** @returns true always: nobody else is to handle it */
  #asked(data: string): boolean {
    const request = parseClipboardRequest(data);
    // What was printed before a restore has been asked before it. Reading is never answered.
    if (!this.#mayReceive() || request.kind === 'refused') return true;
    this.#around.clipboardGate.request(request.text, this.#element.contains(document.activeElement));
    return true;
  }
}
