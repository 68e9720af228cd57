import { beforeEach, describe, expect, it } from 'vitest';
import type { VmId } from '../../../../shared/model/ids.ts';
import type { TerminalSession } from '../terminal/terminal-session.ts';
import { leavesOf } from './pane-tree.ts';
import { parseWorkspace, savedWorkspace } from './workspace-model.ts';
import { Workspace } from './workspace.svelte.ts';

const VM = 'vm-a' as VmId;
const OTHER = 'vm-b' as VmId;

describe('the workspace of a VM', () => {
  let workspace: Workspace;
  let closed: string[];
  let refused: string[];
  let shells: number;
  let likes: string[];
  const shown = (): string[] =>
    workspace.tabs.map(({ root }) =>
      leavesOf(root)
        .map(({ content }) => `${content.vmId}/${content.id}`)
        .join(' '),
    );

  beforeEach(() => {
    closed = [];
    refused = [];
    shells = 0;
    likes = [];
    workspace = new Workspace(VM, {
      terminal: ({ vmId, id }) => ({ id: `${vmId}/${id}` }) as unknown as TerminalSession,
      enterScreen: () => undefined,
      newShell: (vmId, like) => {
        if (like !== null) likes.push(`${vmId}/${like}`);
        return shells < 3 ? `shell-${(shells += 1)}` : null;
      },
      closeTerminal: ({ id }) => void closed.push(String(id)),
      refused: (why) => void refused.push(why),
      changed: () => undefined,
    });
  });

  it('opens the consoles first, then shells, and says when there are no more', () => {
    for (let count = 0; count < 6; count += 1) workspace.newTab();
    expect(shown()).toEqual(['vm-a/0', 'vm-a/1', 'vm-a/2', 'vm-a/shell-1', 'vm-a/shell-2', 'vm-a/shell-3']);
    expect(refused).toEqual(['shells']);
  });

  it('duplicates a terminal as a shell in its folder, behind it', () => {
    workspace.newTab();
    workspace.showTabAt(0);
    workspace.duplicate();
    expect(shown()).toEqual(['vm-a/0', 'vm-a/shell-1', 'vm-a/1']);
    expect(likes).toEqual(['vm-a/0']);
    workspace.split('right', OTHER);
    workspace.duplicate();
    expect(likes).toEqual(['vm-a/0', 'vm-b/0']);
    expect(workspace.focused).toEqual({ vmId: OTHER, id: 'shell-2' });
    workspace.show('boot');
    workspace.duplicate();
    expect(workspace.focused).toEqual({ vmId: VM, id: 2 });
    workspace.duplicate();
    workspace.duplicate();
    expect(refused).toEqual(['shells']);
  });

  it('shows a terminal where it is, and the boot log in a tab of its own', () => {
    workspace.show('boot');
    workspace.show(0);
    expect(shown()).toEqual(['vm-a/0', 'vm-a/boot']);
    expect(workspace.focused).toEqual({ vmId: VM, id: 0 });
  });

  it('shows the screen once, kept like a terminal', () => {
    workspace.show('screen');
    workspace.show(0);
    workspace.show('screen');
    expect(shown()).toEqual(['vm-a/0', 'vm-a/screen']);
    workspace.newTab();
    expect(shown()).toEqual(['vm-a/0', 'vm-a/screen', 'vm-a/1']);
    expect(parseWorkspace(JSON.parse(JSON.stringify(savedWorkspace(workspace.model))))).toEqual(workspace.model);
  });

  it('ends a shell that no pane shows any more, and no console', () => {
    for (let count = 0; count < 3; count += 1) workspace.newTab();
    workspace.closePane();
    workspace.closePane();
    expect(closed).toEqual(['shell-1']);
    workspace.newTab();
    expect(shown()).toEqual(['vm-a/0', 'vm-a/1', 'vm-a/2']);
  });

  it('shows terminals of several VMs side by side, until one of them is gone', () => {
    workspace.split('right', OTHER);
    workspace.split('down');
    expect(shown()).toEqual(['vm-a/0 vm-b/0 vm-b/1']);
    workspace.follow((vmId) => vmId === VM);
    expect(shown()).toEqual(['vm-a/0']);
  });

  it('sends what is typed to all panes of a tab while that is on', () => {
    workspace.split('right');
    workspace.split('down');
    const [first] = leavesOf(workspace.active!.root);
    expect(workspace.othersOf(first!.pane)).toEqual([]);
    workspace.toggleBroadcast();
    expect(workspace.othersOf(first!.pane).map(({ id }) => id)).toEqual(['vm-a/1', 'vm-a/2']);
    workspace.closePane();
    workspace.closePane();
    expect(workspace.active?.isBroadcast).toBe(false);
    workspace.toggleBroadcast();
    expect(workspace.active?.isBroadcast).toBe(false);
  });

  it('goes from pane to pane by direction', () => {
    workspace.split('right');
    workspace.focusNeighbour('left');
    expect(workspace.focused?.id).toBe(0);
    workspace.focusNeighbour('left');
    expect(workspace.focused?.id).toBe(0);
    workspace.focusNeighbour('right');
    expect(workspace.focused?.id).toBe(1);
  });
});
