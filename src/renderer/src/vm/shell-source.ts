import type { ConsoleViewer, MachineClient } from '../../../machine/client.ts';
import type { ExecProcess, ExecResult } from '../../../machine/guest-api.ts';
import { toErr } from '../../../shared/result.ts';
import { loginIn, TERMINAL_VARIABLE } from './shell-folder.ts';
import type { ShellId } from './terminal-id.ts';
import type { TerminalLine, TerminalSize, TerminalSource } from './terminal-source.ts';
import { said } from '../text/text.svelte.ts';

/** What the consoles run, too (resources/guest/login). */
const LOGIN = ['/usr/lib/terrarium/login'];
const ENTER = 0x0d;
const SIGKILL = 9;
/** A shell is there in a fraction of a second; more keys are not pressed in that time. */
const EARLY_PIECES_MAX = 1000;

/** The sentences a shell's terminal says itself, in the person's language. */
export interface ShellWords {
  /** The machine it ran in is gone. */
  machineEnded(): string;
  exited(code: number): string;
  killed(): string;
  notStarted(why: string): string;
  pressEnter(): string;
}

/** Which terminal a shell is of, and the folder that its first shell begins in, once that is known. */
export interface ShellPlace {
  readonly id: ShellId;
  readonly folder: Promise<string | null> | null;
}

/**
 * A login shell that the agent runs for a terminal. Agents forget their programs when their machine is saved, so it ends with
 * the machine; what it showed stays, and Enter begins another one.
 */
export class ShellSource implements TerminalSource {
  readonly isReadOnly = false;
  readonly hasHistory = false;
  readonly #words: ShellWords;
  /** A terminal that was just opened wants its shell at once. */
  #isNew = true;
  readonly #place: ShellPlace | null;

  /** @param isNew whether its first shell begins by itself; one that is there again after a restart waits for Enter */
  constructor(words: ShellWords, isNew = true, place: ShellPlace | null = null) {
    this.#words = words;
    this.#isNew = isNew;
    this.#place = place;
  }

  connect(client: MachineClient, viewer: ConsoleViewer, size: TerminalSize): Promise<TerminalLine> {
    const line = new ShellLine(client, viewer, size, this.#words, this.#place?.id ?? null);
    if (this.#isNew) line.begin(this.#place?.folder ?? null);
    else line.offer(this.#words.machineEnded());
    this.#isNew = false;
    return Promise.resolve(line);
  }
}

/** The shells of one terminal in one machine, one after another. */
class ShellLine implements TerminalLine {
  readonly #client: MachineClient;
  readonly #viewer: ConsoleViewer;
  readonly #words: ShellWords;
  readonly #id: ShellId | null;
  readonly #closing = new AbortController();
  #size: TerminalSize;
  #shell: { readonly process: ExecProcess; readonly input: WritableStreamDefaultWriter<Uint8Array> } | null = null;
  /** Enter begins a shell. */
  #isOffered = false;
  /** What was typed before the shell was there. */
  #early: Uint8Array[] = [];

  constructor(client: MachineClient, viewer: ConsoleViewer, size: TerminalSize, words: ShellWords, id: ShellId | null) {
    this.#client = client;
    this.#viewer = viewer;
    this.#size = size;
    this.#words = words;
    this.#id = id;
  }

  begin(folder: Promise<string | null> | null = null): void {
    this.#isOffered = false;
    this.#run(folder).then(
      (result) => this.offer(result.kind === 'exited' ? this.#words.exited(result.code) : this.#words.killed()),
      (cause: unknown) => this.offer(this.#words.notStarted(said(toErr(cause).error.message))),
    );
  }

  /** Says something, and that Enter begins a shell. */
  offer(sentence: string): void {
    if (this.#closing.signal.aborted) return;
    this.#isOffered = true;
    this.#early = [];
    this.#say(`\r\n\x1b[0;2m${sentence} ${this.#words.pressEnter()}\x1b[0m\r\n`);
  }

  input(bytes: Uint8Array): void {
    if (this.#shell) {
      // Refused only when the shell has ended, which is told.
      this.#shell.input.write(bytes).catch(() => undefined);
    } else if (!this.#isOffered) {
      if (this.#early.length < EARLY_PIECES_MAX) this.#early.push(bytes);
    } else if (bytes.includes(ENTER)) {
      this.begin();
    }
  }

  resize(size: TerminalSize): void {
    this.#size = size;
    this.#shell?.process.resize(size.columns, size.rows);
  }

  close(): void {
    this.#closing.abort();
    this.#shell?.process.kill(SIGKILL);
    this.#shell = null;
  }

  async #run(wanted: Promise<string | null> | null): Promise<ExecResult> {
    const folder = await wanted;
    const process = await this.#client.exec(
      {
        argv: folder === null ? LOGIN : loginIn(folder),
        env: { TERM: 'xterm-256color', ...(this.#id !== null && { [TERMINAL_VARIABLE]: this.#id }) },
        hasStdin: true,
        terminal: { columns: this.#size.columns, rows: this.#size.rows },
      },
      { signal: this.#closing.signal },
    );
    this.#shell = { process, input: process.stdin.getWriter() };
    process.resize(this.#size.columns, this.#size.rows);
    for (const bytes of this.#early.splice(0)) this.input(bytes);
    void process.stderr.cancel();
    try {
      await this.#show(process.stdout);
      return await process.result;
    } finally {
      this.#shell = null;
    }
  }

  /** Reads on when what was read is drawn, so the program stands still while nobody can see more. */
  async #show(output: ReadableStream<Uint8Array>): Promise<void> {
    const reader = output.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const { value } = next;
      await new Promise<void>((resolve) => this.#viewer.write(value, resolve));
    }
  }

  #say(text: string): void {
    this.#viewer.write(new TextEncoder().encode(text), () => undefined);
  }
}
