import type { MachineEvent } from '../machine/protocol.ts';

/** How a machine ended. */
export type MachineEnd =
  | { readonly kind: 'closed' }
  /** By a command in it. */
  | { readonly kind: 'powered-off' | 'rebooted' }
  | { readonly kind: 'crashed'; readonly message: string };

/** The end that an event is, or null. */
export function endOf(event: MachineEvent): MachineEnd | null {
  switch (event.kind) {
    case 'power':
      return { kind: event.action === 'off' ? 'powered-off' : 'rebooted' };
    case 'crashed':
      return { kind: 'crashed', message: event.message };
    default:
      return null;
  }
}

/** Why nothing can be asked of the machine any more. */
export function endSentence(end: MachineEnd): string {
  switch (end.kind) {
    case 'closed':
      return 'The machine has been closed.';
    case 'powered-off':
      return 'The machine switched itself off. What no snapshot holds is gone.';
    case 'rebooted':
      return 'The machine wanted to reboot, which ends it here. What no snapshot holds is gone.';
    case 'crashed':
      return `The machine crashed: ${end.message} What no snapshot holds is gone.`;
  }
}
