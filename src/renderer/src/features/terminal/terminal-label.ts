import { t } from '../../text/text.svelte.ts';
import { isShellId, shellNumber, type ViewId } from '../../vm/terminal-id.ts';

/** What a terminal, or the screen, is called. */
export function terminalLabel(id: ViewId): string {
  if (id === 'screen') return t('screen.name');
  if (id === 'boot') return t('terminal.name.boot-log');
  if (isShellId(id)) return t('terminal.name.shell', { number: shellNumber(id) });
  return t('terminal.name.numbered', { number: id + 1 });
}
