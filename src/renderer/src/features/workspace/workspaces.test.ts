import { describe, expect, it } from 'vitest';
import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import type { VmId } from '../../../../shared/model/ids.ts';
import { ok } from '../../../../shared/result.ts';
import type { MachinePool } from '../../vm/machine-pool.svelte.ts';
import { leavesOf } from './pane-tree.ts';
import { Workspaces } from './workspaces.svelte.ts';

const VM = 'vm-a' as VmId;
const OTHER = 'vm-b' as VmId;

function setUp(last: string | null = null) {
  const kept: string[] = [];
  const closed: string[] = [];
  const shownAgain: string[] = [];
  const timers = new Set<{ readonly delayMs: number; readonly run: () => void }>();
  const shell = {
    printedBytes: 0,
    keptScreen: () => `printed ${shell.printedBytes}`,
    showKept: (screen: string) => void shownAgain.push(screen),
  };
  let shells = 0;
  const session = {
    name: 'web',
    terminal: () => shell,
    newShell: () => `shell-${(shells += 1)}`,
    closeTerminal: (id: string) => void closed.push(id),
    reserve: () => undefined,
  };
  const workspaces = new Workspaces({
    bridge: {
      call: (name: string, args: { text: string }) => {
        if (name === 'workspace.set') kept.push(args.text);
        return Promise.resolve(ok(name === 'workspace.get' ? last : null));
      },
    } as unknown as TerrariumBridge,
    vms: { get: () => session } as unknown as MachinePool,
    notices: { success: () => undefined, failure: () => undefined },
    after: (delayMs, run) => {
      const timer = { delayMs, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  });
  const pass = async (delayMs: number): Promise<void> => {
    for (const timer of [...timers].filter((each) => each.delayMs <= delayMs)) {
      timers.delete(timer);
      timer.run();
    }
    await Promise.resolve();
  };
  return { workspaces, kept, closed, shownAgain, timers, shell, pass };
}

describe('what shells have printed', () => {
  it('is kept now and then while they print, and not while they do not', async () => {
    const { workspaces, kept, shell, pass } = setUp();
    await workspaces.open(VM);
    for (let count = 0; count < 3; count += 1) workspaces.get(VM)?.newTab();
    await pass(2000);
    expect(kept).toHaveLength(1);
    await pass(30_000);
    expect(kept).toHaveLength(1);
    shell.printedBytes = 500;
    await pass(30_000);
    expect(kept).toHaveLength(2);
    expect(kept[1]).toContain('printed 500');
    await pass(30_000);
    expect(kept).toHaveLength(2);
  });

  it('is not looked for once the VM is deleted', async () => {
    const { workspaces, timers } = setUp();
    await workspaces.open(VM);
    expect(timers.size).toBe(1);
    workspaces.follow([]);
    expect(timers.size).toBe(0);
  });
});

describe('terminals of other VMs', () => {
  const shownIn = (workspaces: Workspaces, vmId: VmId): string[] =>
    (workspaces.get(vmId)?.tabs ?? []).map(({ root }) =>
      leavesOf(root)
        .map(({ content }) => `${content.vmId}/${content.id}`)
        .join(' '),
    );
  /** A workspace with all consoles of the other VM and a shell, each in a tab. */
  async function mixed() {
    const all = setUp();
    await all.workspaces.open(VM);
    for (let count = 0; count < 4; count += 1) await all.workspaces.showOther(VM, OTHER, 'tab');
    return all;
  }

  it('open in tabs, and move with what runs in them', async () => {
    const { workspaces, closed } = await mixed();
    expect(shownIn(workspaces, VM)).toEqual(['vm-a/0', 'vm-b/0', 'vm-b/1', 'vm-b/2', 'vm-b/shell-1']);
    const workspace = workspaces.get(VM)!;
    await workspaces.moveTab(workspace, workspace.active!.id, OTHER);
    expect(shownIn(workspaces, VM)).toEqual(['vm-a/0', 'vm-b/0', 'vm-b/1', 'vm-b/2']);
    expect(shownIn(workspaces, OTHER)).toEqual(['vm-b/0', 'vm-b/shell-1']);
    expect(workspaces.get(OTHER)?.focused).toEqual({ vmId: OTHER, id: 'shell-1' });
    expect(closed).toEqual([]);
  });

  it('are kept with what their shells showed', async () => {
    const { kept, pass } = await mixed();
    await pass(2000);
    const { workspaces, shownAgain } = setUp(kept.at(-1));
    await workspaces.open(VM);
    expect(shownIn(workspaces, VM)).toContain('vm-b/shell-1');
    expect(shownAgain).toEqual(['printed 0']);
  });

  it('go on among their own when the VM is deleted whose tabs showed them', async () => {
    const { workspaces, closed } = await mixed();
    workspaces.follow([OTHER]);
    await expect.poll(() => shownIn(workspaces, OTHER)).toEqual(['vm-b/0', 'vm-b/shell-1']);
    expect(closed).toEqual([]);
  });
});
