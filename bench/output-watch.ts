/** The end of a root shell's prompt. */
export const PROMPT = '# ';
/** A character no prompt and no greeting of our images has. */
export const TYPED = '%';
/** What a typed command prints when it is done and went well; {@link SAY_DONE} is typed after it. */
export const DONE = '%done0%';
/** Its pieces are typed apart, so that the echo does not look like it. */
export const SAY_DONE = "; printf '%s%s' %do ne$?%\n";

/** Text kept to look in: what is waited for may arrive in two pieces. */
const KEPT_CHARACTERS = 4096;

/** Watches what a terminal prints. A text counts when it is complete in what arrived since it was asked for. */
export class OutputWatch {
  private text = '';
  private waiting: { text: string; resolve: () => void; reject: (cause: Error) => void } | null = null;
  private readonly decoder = new TextDecoder();

  /** Resolves when the text has been printed; one wait at a time. */
  see(text: string): Promise<void> {
    if (this.waiting) return Promise.reject(new Error('one wait at a time'));
    this.text = '';
    return new Promise((resolve, reject) => {
      this.waiting = { text, resolve, reject };
    });
  }

  push(bytes: Uint8Array): void {
    this.text = (this.text + this.decoder.decode(bytes, { stream: true })).slice(-KEPT_CHARACTERS);
    const { waiting } = this;
    if (!waiting || !this.text.includes(waiting.text)) return;
    this.waiting = null;
    waiting.resolve();
  }

  fail(message: string): void {
    this.waiting?.reject(new Error(message));
    this.waiting = null;
  }
}
