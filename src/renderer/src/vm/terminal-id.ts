import { CONSOLE_IDS, type ConsoleId } from '../../../machine/protocol.ts';

/** A login shell that the guest's agent runs, beside the machine's own consoles. Numbers are not used again. */
export type ShellId = `shell-${number}`;
/** What a terminal of a VM shows. */
export type TerminalId = ConsoleId | ShellId;

/** What a pane can show of a VM: a terminal, or its display. */
export type ViewId = TerminalId | 'screen';

const SHELL_ID = /^shell-[1-9][0-9]{0,5}$/;

export function isShellId(id: unknown): id is ShellId {
  return typeof id === 'string' && SHELL_ID.test(id);
}

export function isTerminalId(id: unknown): id is TerminalId {
  return isShellId(id) || CONSOLE_IDS.some((console) => console === id);
}

export function isViewId(id: unknown): id is ViewId {
  return id === 'screen' || isTerminalId(id);
}

/** From 1 on. */
export function shellNumber(id: ShellId): number {
  return Number(id.slice('shell-'.length));
}
