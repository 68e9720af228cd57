import type { Settings } from '../../../../shared/model/settings.ts';
import { t } from '../../text/text.svelte.ts';
import type { Notices } from '../../vm/notices.ts';
import { BellSound } from './bell-sound.ts';
import { ClipboardGate, type ClipboardAnswer } from './clipboard-gate.ts';
import type { FinishedCommand } from './command-marks.ts';
import type { PasteQuestion } from './terminal-clipboard.ts';
import type { TerminalSession, TerminalSurroundings } from './terminal-session.ts';

export interface DeskSurroundings {
  readonly notices: Notices;
  readonly settings: { readonly current: Settings; set(patch: Partial<Settings>): Promise<void> };
  openLink(url: string): void;
}

/** A paste that waits for the person's word. */
export interface OpenPaste extends PasteQuestion {
  answer(isWanted: boolean): void;
}

/** Text of a guest that waits for the person's word to go to the clipboard. */
export interface OpenClipboard {
  readonly vmName: string;
  readonly text: string;
  answer(answer: ClipboardAnswer): void;
}

/** What all terminals share: the person's settings, and the questions that terminals have for them. */
export class TerminalDesk {
  #paste: OpenPaste | null = $state.raw(null);
  #clipboards: readonly OpenClipboard[] = $state.raw([]);
  #current: TerminalSession | null = $state.raw(null);
  readonly #sound = new BellSound();
  readonly #around: DeskSurroundings;
  /** Whether the app itself does something with a key; who knows the keys sets it. */
  takesKey: (event: KeyboardEvent) => boolean = () => false;
  /** What is done about commands that have ended; who tells of them sets it. */
  commandFinished: (vmName: string, terminal: TerminalSession, command: FinishedCommand) => void = () => undefined;

  constructor(around: DeskSurroundings) {
    this.#around = around;
  }

  /** The terminal a person used last: what commands about “the terminal” mean. */
  get current(): TerminalSession | null {
    return this.#current;
  }

  /** The paste to ask about, if any. */
  get paste(): OpenPaste | null {
    return this.#paste;
  }

  /** What guests want on the clipboard: at most one text of each VM. The oldest is asked about first. */
  get clipboard(): OpenClipboard | null {
    return this.#clipboards[0] ?? null;
  }

  stopWarning(): void {
    void this.#around.settings.set({ warnBeforePaste: false });
  }

  /** What the terminals of one VM need. */
  forVm(vmName: () => string): TerminalSurroundings {
    const { settings, notices, openLink } = this.#around;
    return {
      settings: () => settings.current,
      openLink: (url) => openLink(url),
      clipboardFailed: (message) => notices.failure(message),
      confirmPaste: (question) => this.#confirmPaste(question),
      clipboardGate: new ClipboardGate({
        setting: () => settings.current.guestClipboard,
        write: (text) => navigator.clipboard.writeText(text),
        ask: (text, answer) => this.#askClipboard(vmName(), text, answer),
        copied: () => notices.success(t('terminal.clipboard.copied', { vm: vmName() })),
        failed: () => notices.failure(t('terminal.clipboard.failed', { vm: vmName() })),
      }),
      ringSound: () => this.#sound.ring(),
      used: (terminal) => (this.#current = terminal),
      gone: (terminal) => {
        if (this.#current === terminal) this.#current = null;
      },
      takesKey: (event) => this.takesKey(event),
      commandFinished: (terminal, command) => this.commandFinished(vmName(), terminal, command),
    };
  }

  #confirmPaste(question: PasteQuestion): Promise<boolean> {
    // A second paste while one waits takes its place: the first is what the person did not answer.
    this.#paste?.answer(false);
    return new Promise((resolve) => {
      this.#paste = {
        ...question,
        answer: (isWanted) => {
          this.#paste = null;
          resolve(isWanted);
        },
      };
    });
  }

  #askClipboard(vmName: string, text: string, answer: (answer: ClipboardAnswer) => void): () => void {
    const close = (): void => {
      this.#clipboards = this.#clipboards.filter((other) => other !== open);
    };
    const open: OpenClipboard = {
      vmName,
      text,
      answer: (given) => {
        close();
        answer(given);
      },
    };
    this.#clipboards = [...this.#clipboards, open];
    return close;
  }
}
