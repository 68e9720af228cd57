import type { Settings } from '../../../../shared/model/settings.ts';

export type ClipboardAnswer = 'once' | 'always' | 'deny';

export interface ClipboardGateSurroundings {
  setting(): Settings['guestClipboard'];
  /** @throws when the system refuses, for example because another window is in front */
  write(text: string): Promise<void>;
  /** Asks the person, in place of a question that is open for the same VM. @returns what takes the question back */
  ask(text: string, answer: (answer: ClipboardAnswer) => void): () => void;
  copied(text: string): void;
  failed(): void;
}

/**
 * Decides what programs of one VM may put on the clipboard: what the setting says, else what a person answers. An answer
 * other than “once” holds for as long as the VM's machine runs, so that a guest can neither nag nor outlive a permission.
 */
export class ClipboardGate {
  readonly #around: ClipboardGateSurroundings;
  #remembered: 'always' | 'deny' | null = null;
  #machine: object | null = null;
  #takeBack: (() => void) | null = null;

  constructor(around: ClipboardGateSurroundings) {
    this.#around = around;
  }

  /** @param isFocused whether the person looks at the terminal that it comes from */
  request(text: string, isFocused: boolean): void {
    const setting = this.#around.setting();
    if (setting === 'deny' || (setting === 'ask' && this.#remembered === 'deny')) return;
    const isAllowed = setting === 'allow' || this.#remembered === 'always';
    // What a person does not see happen is asked about even when it is allowed.
    if (isAllowed && isFocused) void this.#write(text);
    else this.#ask(text);
  }

  /** A terminal shows this machine now. Another one than before has to ask anew. */
  shows(machine: object): void {
    if (machine === this.#machine) return;
    this.#machine = machine;
    this.#remembered = null;
    this.#takeBack?.();
    this.#takeBack = null;
  }

  #ask(text: string): void {
    // The newest is what a person expects to paste.
    this.#takeBack?.();
    this.#takeBack = this.#around.ask(text, (answer) => {
      this.#takeBack = null;
      if (answer !== 'once') this.#remembered = answer;
      if (answer !== 'deny') void this.#write(text);
    });
  }

  async #write(text: string): Promise<void> {
    try {
      await this.#around.write(text);
      this.#around.copied(text);
    } catch {
      this.#around.failed();
    }
  }
}
