import type { MachineClient } from '../../../machine/client.ts';
import { TerminalSession, type TerminalSurroundings } from '../features/terminal/terminal-session.ts';
import { t } from '../text/text.svelte.ts';
import { folderOf } from './shell-folder.ts';
import { ShellSource, type ShellWords } from './shell-source.ts';
import { isShellId, shellNumber, type ShellId, type TerminalId } from './terminal-id.ts';
import { consoleSource } from './terminal-source.ts';

/** Shells one VM may have at a time: each is a program of its guest and a terminal of the page. */
export const SHELLS_MAX = 24;

const SHELL_WORDS: ShellWords = {
  machineEnded: () => t('terminal.shell.machine-ended'),
  exited: (code) => t('terminal.shell.exited', { code }),
  killed: () => t('terminal.shell.killed'),
  notStarted: (why) => t('terminal.shell.not-started', { why }),
  pressEnter: () => t('terminal.shell.press-enter'),
};

/** The terminals of one VM, each made when it is first looked at, over all machines the VM has in its life. */
export class VmTerminals {
  readonly #terminals = new Map<TerminalId, TerminalSession>();
  readonly #around: TerminalSurroundings;
  readonly #connectFailed: (client: MachineClient, caught: unknown) => void;
  #client: MachineClient | null = null;
  #lastShell = 0;

  constructor(around: TerminalSurroundings, connectFailed: (client: MachineClient, caught: unknown) => void) {
    this.#around = around;
    this.#connectFailed = connectFailed;
  }

  get(id: TerminalId): TerminalSession {
    return this.#terminals.get(id) ?? this.#add(id, false);
  }

  /**
   * Opens a terminal with a shell of its own. Null when there are too many.
   * @param like the terminal in whose folder it begins
   */
  newShell(like: TerminalId | null = null): ShellId | null {
    if ([...this.#terminals.keys()].filter(isShellId).length >= SHELLS_MAX) return null;
    const id: ShellId = `shell-${this.#lastShell + 1}`;
    const folder = like === null || this.#client === null ? null : folderOf(this.#client, like);
    this.#add(id, true, folder);
    return id;
  }

  /** A layout of before has this terminal: no new shell gets its number. */
  reserve(id: TerminalId): void {
    if (isShellId(id)) this.#lastShell = Math.max(this.#lastShell, shellNumber(id));
  }

  /** The terminal that is shown in this element. */
  shownIn(element: Element): TerminalSession | undefined {
    return [...this.#terminals.values()].find((terminal) => terminal.element === element);
  }

  /** The terminal of a console that was looked at. */
  peek(id: TerminalId): TerminalSession | undefined {
    return this.#terminals.get(id);
  }

  /** Ends a shell for good. A console stays, since the machine goes on writing to it. */
  close(id: TerminalId): void {
    if (!isShellId(id)) return;
    const terminal = this.#terminals.get(id);
    this.#terminals.delete(id);
    terminal?.hangUp();
    terminal?.dispose();
  }

  /** Connects all of them to a machine that has begun to run. Resolves when they show it. */
  async connect(client: MachineClient): Promise<void> {
    this.#client = client;
    await Promise.all(Array.from(this.#terminals.values(), (terminal) => this.#connect(terminal, client)));
  }

  disconnect(): void {
    this.#client = null;
    for (const terminal of this.#terminals.values()) terminal.disconnect();
  }

  dispose(): void {
    this.disconnect();
    for (const terminal of this.#terminals.values()) terminal.dispose();
    this.#terminals.clear();
  }

  /** @param isNew whether a shell begins by itself */
  #add(id: TerminalId, isNew: boolean, folder: Promise<string | null> | null = null): TerminalSession {
    this.reserve(id);
    const source = isShellId(id) ? new ShellSource(SHELL_WORDS, isNew, { id, folder }) : consoleSource(id);
    const terminal = new TerminalSession(id, source, this.#around);
    this.#terminals.set(id, terminal);
    if (this.#client !== null) void this.#connect(terminal, this.#client);
    return terminal;
  }

  async #connect(terminal: TerminalSession, client: MachineClient): Promise<void> {
    try {
      await terminal.connect(client);
    } catch (caught) {
      this.#connectFailed(client, caught);
    }
  }
}
