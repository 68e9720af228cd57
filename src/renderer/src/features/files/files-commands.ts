import { tick } from 'svelte';
import type { App } from '../../app/app.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';

type Needs = Pick<App, 'commands' | 'firstRun' | 'navigation' | 'transfers' | 'vms' | 'workspaces'>;

/** What a person can do with the files of the VM they look at. */
export function registerFileCommands(app: Needs): void {
  const { commands, navigation, transfers, vms } = app;
  const selected = (): VmSession | undefined =>
    app.firstRun.isShown || navigation.selectedId === null ? undefined : vms.get(navigation.selectedId);
  const whileRunning = (run: (session: VmSession) => void) => ({
    isEnabled: () => selected()?.state.kind === 'running',
    run: () => {
      const session = selected();
      if (session) run(session);
    },
  });
  commands.register({
    'view.files': {
      isEnabled: () => selected() !== undefined,
      run: () => {
        navigation.togglePanel('files');
        // Who opened it goes on in it, and who closed it in the terminal.
        void tick().then(() => {
          if (navigation.panel === 'files') navigation.enterFiles();
          else if (navigation.selectedId !== null) app.workspaces.get(navigation.selectedId)?.enter();
        });
      },
    },
    'file.import': whileRunning((session) => void transfers.importChosen(session)),
    'file.import-folders': whileRunning((session) => void transfers.importChosenFolders(session)),
  });
}
