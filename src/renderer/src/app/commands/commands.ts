import type { CommandId } from '../../../../shared/model/commands.ts';

/** What a command does. It is looked at whenever it is offered, so it may read reactive state. */
export interface CommandHandler {
  /** Always, where it is left out. */
  isEnabled?(): boolean;
  run(): void;
}

/** The commands of the page, by id. The parts of the page put in what they can do; menu, palette and keys run it. */
export class Commands {
  readonly #handlers = new Map<CommandId, CommandHandler>();

  /** Each command is registered once, when the page is put together. */
  register(handlers: Readonly<Partial<Record<CommandId, CommandHandler>>>): void {
    for (const [id, handler] of Object.entries(handlers) as [CommandId, CommandHandler][]) {
      if (this.#handlers.has(id)) throw new Error(`the command ${id} is registered twice`);
      this.#handlers.set(id, handler);
    }
  }

  isEnabled(id: CommandId): boolean {
    const handler = this.#handlers.get(id);
    return handler !== undefined && (handler.isEnabled?.() ?? true);
  }

  /** @returns whether it could be done now */
  run(id: CommandId): boolean {
    if (!this.isEnabled(id)) return false;
    this.#handlers.get(id)?.run();
    return true;
  }
}
