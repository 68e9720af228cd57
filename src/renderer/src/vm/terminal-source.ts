import type { ConsoleViewer, MachineClient } from '../../../machine/client.ts';
import type { ConsoleId } from '../../../machine/protocol.ts';

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A connection of a terminal to a machine, until it is closed or the machine ends. */
export interface TerminalLine {
  input(bytes: Uint8Array): void;
  resize(size: TerminalSize): void;
  close(): void;
}

/** Where a terminal's bytes come from and go to. It outlives the machines of its VM. */
export interface TerminalSource {
  /** Nothing can be typed. */
  readonly isReadOnly: boolean;
  /** Whether a machine shows again what was there before it; otherwise the terminal keeps what it shows. */
  readonly hasHistory: boolean;
  /** Shows a machine. Resolves when all of its history was handed to the viewer. @throws FailureError */
  connect(client: MachineClient, viewer: ConsoleViewer, size: TerminalSize): Promise<TerminalLine>;
}

/** One of the machine's own consoles. */
export function consoleSource(console: ConsoleId): TerminalSource {
  return {
    isReadOnly: console === 'boot',
    hasHistory: true,
    connect: async (client, viewer) => {
      await client.attach(console, viewer);
      return {
        input: (bytes) => {
          if (console !== 'boot') client.input(console, bytes);
        },
        resize: ({ columns, rows }) => {
          if (console !== 'boot') client.resize(console, columns, rows);
        },
        close: () => client.detach(console),
      };
    },
  };
}
