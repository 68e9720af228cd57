import type { App } from '../../app/app.ts';
import { t } from '../../text/text.svelte.ts';
import type { ClipboardAnswer } from './clipboard-gate.ts';
import type { TerminalSession } from './terminal-session.ts';

type Needs = Pick<App, 'commands' | 'firstRun' | 'navigation' | 'settings' | 'terminals' | 'toasts'>;

/** What a person can do with the terminal they use. */
export function registerTerminalCommands(app: Needs): void {
  const { commands, navigation, settings, terminals, toasts } = app;
  const hasTerminal = (): boolean => !app.firstRun.isShown && terminals.current?.element.isConnected === true;
  const onTerminal = (run: (terminal: TerminalSession) => void) => ({
    isEnabled: hasTerminal,
    run: () => {
      if (terminals.current) run(terminals.current);
    },
  });
  const answer = (given: ClipboardAnswer) => ({
    isEnabled: () => terminals.clipboard !== null,
    run: () => terminals.clipboard?.answer(given),
  });
  commands.register({
    'terminal.find': {
      isEnabled: () => !app.firstRun.isShown && navigation.selectedId !== null,
      run: () => void (navigation.isSearchOpen = true),
    },
    'terminal.copy': onTerminal((terminal) => terminal.copy()),
    'terminal.select-all': onTerminal((terminal) => terminal.selectAll()),
    'terminal.clear': onTerminal((terminal) => terminal.clear()),
    'terminal.scroll-to-top': onTerminal((terminal) => terminal.scroll('top')),
    'terminal.scroll-to-bottom': onTerminal((terminal) => terminal.scroll('bottom')),
    'terminal.open-link': onTerminal((terminal) => {
      if (!terminal.openLastLink()) toasts.failure(t('terminal.link.none'));
    }),
    'terminal.clipboard-once': answer('once'),
    'terminal.clipboard-always': answer('always'),
    'terminal.clipboard-deny': answer('deny'),
    'terminal.zoom-in': { run: () => settings.zoomTerminal('zoom-in') },
    'terminal.zoom-out': { run: () => settings.zoomTerminal('zoom-out') },
    'terminal.zoom-reset': { run: () => settings.zoomTerminal('zoom-reset') },
  });
}
