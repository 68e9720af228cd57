import { describe, expect, it } from 'vitest';
import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import type { StateId } from '../../../../shared/model/ids.ts';
import { err, ok } from '../../../../shared/result.ts';
import { SCREENS_KEPT, ScreenStore } from './screen-store.ts';

const screen = { columns: 80, rows: 24, lines: ['~ #'] };

function setUp(answers: (id: string) => unknown) {
  const asked: string[] = [];
  const call = (_name: string, { snapshotId }: { snapshotId: string }): Promise<unknown> => {
    asked.push(snapshotId);
    return Promise.resolve(answers(snapshotId));
  };
  const store = new ScreenStore({ call } as unknown as Pick<TerrariumBridge, 'call'>);
  return { asked, get: (id: string) => store.get(id as StateId) };
}

describe('ScreenStore', () => {
  it('asks once for each, also for those that have none', async () => {
    const { asked, get } = setUp((id) => ok(id === 'a' ? screen : null));
    expect(await Promise.all([get('a'), get('a'), get('b')])).toEqual([screen, screen, null]);
    expect(await get('b')).toBeNull();
    expect(asked).toEqual(['a', 'b']);
  });

  it('asks again for one that could not be read', async () => {
    const { asked, get } = setUp(() => err('io', 'It could not be read.'));
    expect(await get('a')).toBeNull();
    expect(await get('a')).toBeNull();
    expect(asked).toEqual(['a', 'a']);
  });

  it('forgets those that were not looked at for longest', async () => {
    const { asked, get } = setUp(() => ok(screen));
    for (let count = 0; count < SCREENS_KEPT; count += 1) await get(`s${count}`);
    await get('s0');
    await get('new');
    await get('s0');
    expect(asked).toHaveLength(SCREENS_KEPT + 1);
    await get('s1');
    expect(asked.at(-1)).toBe('s1');
  });
});
