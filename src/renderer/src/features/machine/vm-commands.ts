import type { App } from '../../app/app.ts';
import type { CommandHandler } from '../../app/commands/commands.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';
import { CAN } from './vm-actions.ts';

type Needs = Pick<App, 'commands' | 'vmActions' | 'vmList' | 'navigation' | 'firstRun'>;

/** What can be done with VMs from the palette, the menu and the keyboard: to those that are chosen in the list. */
export function registerVmCommands({ commands, vmActions, vmList, navigation, firstRun }: Needs): void {
  // The welcome has the window to itself; there is no VM these could be about.
  const targets = (): readonly VmSession[] => (firstRun.isShown ? [] : vmList.targets);
  const onSome = (
    can: (session: VmSession) => boolean,
    act: (sessions: readonly VmSession[]) => unknown,
  ): CommandHandler => ({
    isEnabled: () => targets().some(can),
    run: () => void act(targets()),
  });
  const step = (by: 1 | -1): CommandHandler => ({
    isEnabled: () => !firstRun.isShown && vmList.ids.length > 1,
    run: () => {
      const { ids } = vmList;
      const at = navigation.selectedId === null ? -1 : ids.indexOf(navigation.selectedId);
      const next = ids[(at + by + ids.length) % ids.length];
      if (next !== undefined) vmList.choose(next);
    },
  });
  commands.register({
    'vm.new': { isEnabled: () => !firstRun.isShown, run: () => navigation.open({ kind: 'new-vm' }) },
    'vm.launch': onSome(CAN.launch, (sessions) => vmActions.launch(sessions)),
    'vm.pause': onSome(
      (session) => CAN.pause(session) || CAN.resume(session),
      (sessions) => vmActions.pauseOrResume(sessions),
    ),
    'vm.suspend': onSome(CAN.suspend, (sessions) => vmActions.suspend(sessions)),
    'vm.shut-down': onSome(CAN.shutDown, (sessions) => vmActions.shutDown(sessions)),
    'vm.restart': onSome(CAN.restart, (sessions) => vmActions.restart(sessions)),
    'vm.duplicate': onSome(CAN.duplicate, (sessions) => vmActions.duplicate(sessions)),
    'vm.rename': {
      isEnabled: () => targets().length === 1,
      run: () => {
        const [only] = targets();
        if (only) vmActions.rename(only);
      },
    },
    'vm.tags': onSome(
      () => true,
      (sessions) => vmActions.editTags(sessions),
    ),
    'vm.delete': onSome(CAN.delete, (sessions) => vmActions.delete(sessions)),
    'vm.undelete': {
      isEnabled: () => vmActions.deletions.canUndo,
      run: () => void vmActions.deletions.undo(),
    },
    'vm.search': { isEnabled: () => !firstRun.isShown, run: () => vmList.askForSearch() },
    'vm.next': step(1),
    'vm.previous': step(-1),
  });
}
