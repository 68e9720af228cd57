import { tick } from 'svelte';
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
  /** The same, and whoever did it types there next: also from the list of VMs. */
  const into = (run: (workspace: Workspace) => void, isEnabled?: (workspace: Workspace) => boolean) =>
    on((workspace) => {
      run(workspace);
      void tick().then(() => workspace.enter());
    }, isEnabled);
  const hasTab = ({ active }: Workspace): boolean => active !== null;
  const hasPanes = ({ active }: Workspace): boolean => active !== null && leavesOf(active.root).length > 1;
  const hasOtherVm = ({ vmId }: Workspace): boolean => vms.live.some(({ id }) => id !== vmId);

  commands.register({
    'terminal.new': into((workspace) => workspace.newTab()),
    'terminal.duplicate': into((workspace) => workspace.duplicate(), hasTab),
    'terminal.close': on((workspace) => workspace.closePane(), hasTab),
    'terminal.rename': on(() => workspaces.renameShown(), hasTab),
    'terminal.boot-log': into((workspace) => workspace.show('boot')),
    'terminal.broadcast': on((workspace) => workspace.toggleBroadcast(), hasPanes),
    'tab.open-other-vm': on(({ vmId }) => navigation.open({ kind: 'other-vm', vmId, purpose: 'tab' }), hasOtherVm),
    'tab.move-to-vm': on(
      ({ vmId }) => navigation.open({ kind: 'other-vm', vmId, purpose: 'move' }),
      (workspace) => hasTab(workspace) && hasOtherVm(workspace),
    ),
    'tab.next': into((workspace) => workspace.stepTab(1), hasTab),
    'tab.previous': into((workspace) => workspace.stepTab(-1), hasTab),
    'tab.move-left': on((workspace) => workspace.moveActiveTab(-1), hasTab),
    'tab.move-right': on((workspace) => workspace.moveActiveTab(1), hasTab),
    'pane.split-right': into((workspace) => workspace.split('right'), hasTab),
    'pane.split-down': into((workspace) => workspace.split('down'), hasTab),
    'pane.split-other-vm': on(
      ({ vmId }) => navigation.open({ kind: 'other-vm', vmId, purpose: 'beside' }),
      (workspace) => hasTab(workspace) && hasOtherVm(workspace),
    ),
    'pane.to-tab': into((workspace) => workspace.paneToTab(), hasPanes),
    'pane.focus-left': into((workspace) => workspace.focusNeighbour('left'), hasPanes),
    'pane.focus-right': into((workspace) => workspace.focusNeighbour('right'), hasPanes),
    'pane.focus-up': into((workspace) => workspace.focusNeighbour('up'), hasPanes),
    'pane.focus-down': into((workspace) => workspace.focusNeighbour('down'), hasPanes),
    'pane.wider': on((workspace) => workspace.grow('row', GROW_SHARE), hasPanes),
    'pane.narrower': on((workspace) => workspace.grow('row', -GROW_SHARE), hasPanes),
    'pane.taller': on((workspace) => workspace.grow('column', GROW_SHARE), hasPanes),
    'pane.shorter': on((workspace) => workspace.grow('column', -GROW_SHARE), hasPanes),
    'pane.equalise': on((workspace) => workspace.equalise(), hasPanes),
    'pane.zoom': into((workspace) => workspace.toggleZoom(), hasPanes),
  });
  for (const number of TAB_NUMBERS) {
    const id: CommandId = `tab.${number}`;
    commands.register({
      [id]: into(
        (workspace) => workspace.showTabAt(number - 1),
        ({ tabs }) => tabs.length >= number,
      ),
    });
  }
}
