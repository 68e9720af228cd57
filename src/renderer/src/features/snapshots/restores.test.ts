import { describe, expect, it } from 'vitest';
import type { StateId, VmId } from '../../../../shared/model/ids.ts';
import type { SnapshotSummary } from '../../../../shared/model/state.ts';
import type { NoticeAction } from '../../vm/notices.ts';
import { Restores } from './restores.ts';

const vmId = 'vm-1' as VmId;
const snapshot = (id: string, madeBy: 'person' | 'restore', of = vmId): SnapshotSummary =>
  ({ id: id as StateId, name: id, madeBy, vmId: of }) as SnapshotSummary;

/** A library in which each restore keeps what was before, as long as there is anything. */
function setUp(hasState: boolean) {
  const good = snapshot('good', 'person');
  let snapshots: SnapshotSummary[] = [snapshot('old', 'restore'), snapshot('other', 'restore', 'vm-2' as VmId), good];
  const restored: string[] = [];
  const said: { message: string; action: NoticeAction | undefined }[] = [];
  const library = {
    load: () => Promise.resolve(),
    get snapshots() {
      return snapshots;
    },
  };
  const restores = new Restores(library, {
    success: (message, action) => said.push({ message, action }),
    failure: (message) => said.push({ message, action: undefined }),
  });
  let works = true;
  const session = {
    id: vmId,
    name: 'web',
    restore: (id: StateId) => {
      if (!works) return Promise.resolve(false);
      restored.push(id);
      if (hasState) snapshots = [snapshot(`before-${restored.length}`, 'restore'), ...snapshots];
      return Promise.resolve(true);
    },
  };
  const forget = (id: string): void => void (snapshots = snapshots.filter((kept) => kept.id !== id));
  return { good, restores, session, restored, said, forget, fail: () => (works = false) };
}

describe('Restores', () => {
  it('offers to undo with the state that was kept for it', async () => {
    const { good, restores, session, restored, said } = setUp(true);
    expect(await restores.restore(session, good)).toBe(true);
    expect(said).toMatchObject([{ message: 'web is back at “good”.', action: { label: 'Undo' } }]);
    said[0]?.action?.run();
    await expect.poll(() => said.length).toBe(2);
    expect(restored).toEqual(['good', 'before-1']);
    // The undo can be undone.
    said[1]?.action?.run();
    await expect.poll(() => restored).toEqual(['good', 'before-1', 'before-2']);
  });

  it('offers nothing where nothing was kept', async () => {
    const { good, restores, session, said } = setUp(false);
    expect(await restores.restore(session, good)).toBe(true);
    expect(said).toEqual([{ message: 'web is back at “good”.', action: undefined }]);
  });

  it('says nothing of a restore that failed: the session did', async () => {
    const { good, restores, session, said, fail } = setUp(true);
    fail();
    expect(await restores.restore(session, good)).toBe(false);
    expect(said).toEqual([]);
  });

  it('says so when the state before is gone by then', async () => {
    const { good, restores, session, restored, said, forget } = setUp(true);
    await restores.restore(session, good);
    forget('before-1');
    said[0]?.action?.run();
    await expect.poll(() => said.at(-1)?.message).toMatch(/no longer kept/);
    expect(restored).toEqual(['good']);
  });
});
