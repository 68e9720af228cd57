import type { IMarker, Terminal } from '@xterm/xterm';

/** A command of a shell that has ended. Both the text and the code are a guest's word. */
export interface FinishedCommand {
  /** What was typed, as far as it is known: one short line without control characters, or empty. */
  readonly text: string;
  readonly exitCode: number | null;
  readonly durationMs: number;
}

export interface MarksSurroundings {
  nowMs(): number;
  after(delayMs: number, run: () => void): void;
  finished(command: FinishedCommand): void;
}

/** When what was typed has been echoed; long before anyone is told of the command. */
const ECHOED_AFTER_MS = 500;
const TEXT_MAX = 60;
/** Rows of a command line that is wrapped; more is cut off anyway. */
const ROWS_MAX = 8;

type Phase =
  | { readonly kind: 'none' }
  /** A prompt shows; `start` is where the first key found the cursor. */
  | { readonly kind: 'prompt'; start: { readonly marker: IMarker | undefined; readonly column: number } | null }
  | { readonly kind: 'running'; readonly sinceMs: number; text: string };

/**
 * Notices when a command ends, from marks that shells put before their prompts (OSC 133, as FinalTerm and others have them:
 * `D;code` after a command, `A` before a prompt). A command begins with a person's Enter, so a guest cannot
 * make up more endings than there were commands.
 */
export class CommandMarks {
  #phase: Phase = { kind: 'none' };
  readonly #terminal: Terminal;
  readonly #around: MarksSurroundings;

  constructor(terminal: Terminal, around: MarksSurroundings) {
    this.#terminal = terminal;
    this.#around = around;
    terminal.parser.registerOscHandler(133, (mark) => {
      this.#marked(mark);
      return true;
    });
  }

  /** A person's keys are on their way to the guest. */
  typed(text: string): void {
    const phase = this.#phase;
    if (phase.kind !== 'prompt') return;
    phase.start ??= { marker: this.#terminal.registerMarker(0), column: this.#terminal.buffer.active.cursorX };
    if (!text.includes('\r')) return;
    const { start } = phase;
    const running = { kind: 'running' as const, sinceMs: this.#around.nowMs(), text: '' };
    this.#phase = running;
    this.#around.after(ECHOED_AFTER_MS, () => {
      running.text = this.#textFrom(start);
      start.marker?.dispose();
    });
  }

  /** Another machine is shown. */
  reset(): void {
    this.#phase = { kind: 'none' };
  }

  #marked(mark: string): void {
    if (mark === 'A') this.#phase = { kind: 'prompt', start: null };
    if (!/^D(?:;\d{1,3})?$/.test(mark)) return;
    const phase = this.#phase;
    this.#phase = { kind: 'none' };
    if (phase.kind !== 'running') return;
    const durationMs = this.#around.nowMs() - phase.sinceMs;
    this.#around.finished({ text: phase.text, durationMs, exitCode: mark === 'D' ? null : Number(mark.slice(2)) });
  }

  #textFrom({ marker, column }: { readonly marker: IMarker | undefined; readonly column: number }): string {
    const { active } = this.#terminal.buffer;
    if (marker === undefined || marker.isDisposed || marker.line < 0) return '';
    let text = active.getLine(marker.line)?.translateToString(true, column) ?? '';
    for (let row = marker.line + 1; row <= marker.line + ROWS_MAX; row += 1) {
      const line = active.getLine(row);
      if (line?.isWrapped !== true) break;
      text += line.translateToString(true);
    }
    const cleaned = text.replace(/\p{C}+/gu, '').trim();
    return cleaned.length > TEXT_MAX ? `${cleaned.slice(0, TEXT_MAX - 1)}…` : cleaned;
  }
}
