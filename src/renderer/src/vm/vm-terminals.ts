import type { MachineClient } from '../../../machine/client.ts';
import type { ConsoleId } from '../../../machine/protocol.ts';
import { TerminalSession, type TerminalSurroundings } from '../features/terminal/terminal-session.ts';

/** The terminals of one VM, each made when it is first looked at, over all machines the VM has in its life. */
export class VmTerminals {
  readonly #terminals = new Map<ConsoleId, TerminalSession>();
  readonly #around: TerminalSurroundings;
  readonly #connectFailed: (client: MachineClient, caught: unknown) => void;
  #client: MachineClient | null = null;

  constructor(around: TerminalSurroundings, connectFailed: (client: MachineClient, caught: unknown) => void) {
    this.#around = around;
    this.#connectFailed = connectFailed;
  }

  get(console: ConsoleId): TerminalSession {
    let terminal = this.#terminals.get(console);
    if (!terminal) {
      terminal = new TerminalSession(console, this.#around);
      this.#terminals.set(console, terminal);
      if (this.#client !== null) void this.#connect(terminal, this.#client);
    }
    return terminal;
  }

  /** The terminal of a console that was looked at. */
  peek(console: ConsoleId): TerminalSession | undefined {
    return this.#terminals.get(console);
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

  async #connect(terminal: TerminalSession, client: MachineClient): Promise<void> {
    try {
      await terminal.connect(client);
    } catch (caught) {
      this.#connectFailed(client, caught);
    }
  }
}
