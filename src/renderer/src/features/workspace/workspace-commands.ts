import type { App } from '../../app/app.ts';
import type { CommandId } from '../../../../shared/model/commands.ts';
import { leavesOf } from './pane-tree.ts';
import type { Workspace } from './workspace.svelte.ts';

type Needs = Pick<App, 'commands' | 'firstRun' | 'navigation' | 'vms' | 'workspaces'>;

/** The share of a split that one press makes a pane larger by. */
const GROW_SHARE = 0.05;
const TAB_NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

/** What a person can do with tabs and panes. */
export function registerWorkspaceCommands(app: Needs): void {
  const { commands, navigation, vms, workspaces } = app;
  const shown = (): Workspace | null => {
    const vmId = navigation.selectedId;
    if (app.firstRun.isShown || vmId === null || vms.get(vmId)?.isLive !== true) return null;
    return workspaces.get(vmId) ?? null;
  };
  const on = (run: (workspace: Workspace) => void, isEnabled: (workspace: Workspace) => boolean = () => true) => ({
    isEnabled: () => {
      const workspace = shown();
      return workspace !== null && isEnabled(workspace);
    },
    run: () => {
      const workspace = shown();
      if (workspace) run(workspace);
    },
  });
  const hasTab = ({ active }: Workspace): boolean => active !== null;
  const hasPanes = ({ active }: Workspace): boolean => active !== null && leavesOf(active.root).length > 1;
  const hasOtherVm = ({ vmId }: Workspace): boolean => vms.live.some(({ id }) => id !== vmId);

  commands.register({
    'terminal.new': on((workspace) => workspace.newTab()),
    'terminal.close': on((workspace) => workspace.closePane(), hasTab),
    'terminal.rename': on(() => workspaces.renameShown(), hasTab),
    'terminal.boot-log': on((workspace) => workspace.show('boot')),
    'terminal.broadcast': on((workspace) => workspace.toggleBroadcast(), hasPanes),
    'tab.next': on((workspace) => workspace.stepTab(1), hasTab),
    'tab.previous': on((workspace) => workspace.stepTab(-1), hasTab),
    'tab.move-left': on((workspace) => workspace.moveActiveTab(-1), hasTab),
    'tab.move-right': on((workspace) => workspace.moveActiveTab(1), hasTab),
    'pane.split-right': on((workspace) => workspace.split('right'), hasTab),
    'pane.split-down': on((workspace) => workspace.split('down'), hasTab),
    'pane.split-other-vm': on(
      ({ vmId }) => navigation.open({ kind: 'other-vm', vmId }),
      (workspace) => hasTab(workspace) && hasOtherVm(workspace),
    ),
    'pane.focus-left': on((workspace) => workspace.focusNeighbour('left'), hasPanes),
    'pane.focus-right': on((workspace) => workspace.focusNeighbour('right'), hasPanes),
    'pane.focus-up': on((workspace) => workspace.focusNeighbour('up'), hasPanes),
    'pane.focus-down': on((workspace) => workspace.focusNeighbour('down'), hasPanes),
    'pane.wider': on((workspace) => workspace.grow('row', GROW_SHARE), hasPanes),
    'pane.narrower': on((workspace) => workspace.grow('row', -GROW_SHARE), hasPanes),
    'pane.taller': on((workspace) => workspace.grow('column', GROW_SHARE), hasPanes),
    'pane.shorter': on((workspace) => workspace.grow('column', -GROW_SHARE), hasPanes),
    'pane.equalise': on((workspace) => workspace.equalise(), hasPanes),
    'pane.zoom': on((workspace) => workspace.toggleZoom(), hasPanes),
  });
  for (const number of TAB_NUMBERS) {
    const id: CommandId = `tab.${number}`;
    commands.register({
      [id]: on(
        (workspace) => workspace.showTabAt(number - 1),
        ({ tabs }) => tabs.length >= number,
      ),
    });
  }
}
