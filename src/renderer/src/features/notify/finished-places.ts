import type { App } from '../../app/app.ts';
import type { TerminalSession } from '../terminal/terminal-session.ts';
import type { FinishedCommands } from './finished-commands.ts';

type Needs = Pick<App, 'bridge' | 'library' | 'navigation' | 'terminals' | 'workspaces'>;

/** Connects the ends of commands with what is told of them, and the way back to their terminals. */
export function tellOfFinishedCommands(app: Needs, finished: FinishedCommands): void {
  app.terminals.commandFinished = (vmName, terminal, command) => {
    void finished.take(command, {
      vmName,
      isShown: () => terminal.element.isConnected,
      show: () => showTerminal(app, vmName, terminal),
    });
  };
  app.bridge.on('notification.clicked', ({ token }) => finished.clicked(token));
}

/** The VM may have been deleted since; then there is nothing to show. */
function showTerminal({ library, navigation, workspaces }: Needs, vmName: string, terminal: TerminalSession): void {
  const vm = library.vms.find(({ name }) => name === vmName);
  if (vm === undefined) return;
  navigation.select(vm.id);
  workspaces.get(vm.id)?.show(terminal.id);
  // Once it is on the screen.
  requestAnimationFrame(() => terminal.focus());
}
