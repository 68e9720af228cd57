import { t } from '../../text/text.svelte.ts';
import { isShellId, shellNumber, type TerminalId } from '../../vm/terminal-id.ts';

/** What a terminal is called. */
export function terminalLabel(id: TerminalId): string {
  if (id === 'boot') return t('terminal.name.boot-log');
  if (isShellId(id)) return t('terminal.name.shell', { number: shellNumber(id) });
  return t('terminal.name.numbered', { number: id + 1 });
}
