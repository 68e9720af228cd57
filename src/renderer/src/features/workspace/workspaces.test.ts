import { describe, expect, it } from 'vitest';
import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import type { VmId } from '../../../../shared/model/ids.ts';
import { ok } from '../../../../shared/result.ts';
import type { MachinePool } from '../../vm/machine-pool.svelte.ts';
import { Workspaces } from './workspaces.svelte.ts';

const VM = 'vm-a' as VmId;

function setUp() {
  const kept: string[] = [];
  const timers = new Set<{ readonly delayMs: number; readonly run: () => void }>();
  const shell = { printedBytes: 0, keptScreen: () => `printed ${shell.printedBytes}`, showKept: () => undefined };
  let shells = 0;
  const session = {
    name: 'web',
    terminal: () => shell,
    newShell: () => `shell-${(shells += 1)}`,
    closeTerminal: () => undefined,
    reserve: () => undefined,
  };
  const workspaces = new Workspaces({
    bridge: {
      call: (name: string, args: { text: string }) => {
        if (name === 'workspace.set') kept.push(args.text);
        return Promise.resolve(ok(null));
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
  return { workspaces, kept, timers, shell, pass };
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
