import { describe, expect, it, vi } from 'vitest';
import type { PageCrash, SavedStates } from '../../../../shared/ipc/contract.ts';
import type { VmId } from '../../../../shared/model/ids.ts';
import type { SnapshotSummary } from '../../../../shared/model/state.ts';
import type { VmRecord } from '../../../../shared/model/vm.ts';
import { err, ok, type Result } from '../../../../shared/result.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';
import { Recovery, type RecoverySurroundings } from './recovery.svelte.ts';

const CHECKPOINT = {
  id: 's-1',
  name: 'Checkpoint',
  createdAt: '2026-01-01T00:00:00.000Z',
} as unknown as SnapshotSummary;

function recovery(saved: Record<string, SavedStates>, crash: Result<PageCrash | null>, live: readonly string[] = []) {
  const launched: string[] = [];
  const sessions = new Map(
    Object.keys(saved).map((id) => [
      id,
      {
        id,
        name: id,
        isLive: live.includes(id),
        launch: () => Promise.resolve(launched.push(`${id} from its head`) > 0),
      } as unknown as VmSession,
    ]),
  );
  const around = {
    bridge: {
      call: (name: string, args: { vmId: string } | undefined) =>
        Promise.resolve(name === 'app.crash' ? crash : ok(saved[args?.vmId ?? ''])),
    },
    library: { vm: (id: VmId) => (sessions.has(id) ? ({ id, name: id } as unknown as VmRecord) : undefined) },
    vms: { get: (id: VmId) => sessions.get(id) },
    restores: {
      restore: (session: { id: string }, snapshot: SnapshotSummary) =>
        Promise.resolve(launched.push(`${session.id} from ${snapshot.name}`) > 0),
    },
  } as unknown as RecoverySurroundings;
  return { recovery: new Recovery(around), launched };
}

const SAVED = {
  build: { headAt: null, snapshot: null },
  web: { headAt: '2025-01-01T00:00:00.000Z', snapshot: CHECKPOINT },
};

describe('Recovery', () => {
  it('launches what ended with the page, each from the last that was saved', async () => {
    const crash = { reason: 'crashed', vmIds: ['build', 'web', 'deleted'] as unknown as VmId[] };
    const { recovery: after, launched } = recovery(SAVED, ok(crash));
    await after.load();
    expect(after.pageCrashed).toBe(true);
    expect(after.ended.map(({ id }) => id)).toEqual(['build', 'web']);
    await after.launchEnded();
    expect(launched.toSorted()).toEqual(['build from its head', 'web from Checkpoint']);
    expect(after.pageCrashed).toBe(false);
  });

  it('leaves what was launched since alone', async () => {
    const crash = { reason: 'oom', vmIds: ['build', 'web'] as unknown as VmId[] };
    const { recovery: after, launched } = recovery(SAVED, ok(crash), ['web']);
    await after.load();
    expect(after.ended.map(({ id }) => id)).toEqual(['build']);
    await after.launchEnded();
    expect(launched).toEqual(['build from its head']);
  });

  it('has nothing to say where nothing crashed, or nobody answers', async () => {
    for (const crash of [ok(null), err('internal', 'No.')]) {
      const { recovery: after } = recovery(SAVED, crash);
      await after.load();
      expect(after.pageCrashed).toBe(false);
      expect(after.ended).toEqual([]);
    }
  });

  it('launches where it cannot be told what was saved', async () => {
    const session = {
      id: 'x' as VmId,
      name: 'x',
      isLive: false,
      launch: vi.fn(() => Promise.resolve(true)),
      restore: vi.fn(),
    };
    const { recovery: after } = recovery(SAVED, ok(null));
    await after.goOn(session);
    expect(session.launch).toHaveBeenCalledOnce();
  });
});
