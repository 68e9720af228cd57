import { describe, expect, it } from 'vitest';
import { SNAPSHOTS_WAITING_MAX, SnapshotQueue } from './snapshot-queue.ts';

function setUp() {
  const shown: string[] = [];
  const waits: string[] = [];
  const under: { name: string; end: (cause?: Error) => void }[] = [];
  const queue = new SnapshotQueue((names) => shown.push(names.join(' ')));
  const take = (name: string): Promise<void> =>
    queue.inTurn(
      name,
      () =>
        new Promise((resolve, reject) => {
          under.push({ name, end: (cause) => (cause ? reject(cause) : resolve()) });
        }),
      (before) => waits.push(`${name} after ${before}`),
    );
  return { shown, waits, under, take };
}

describe('SnapshotQueue', () => {
  it('takes the first at once and the others in their order, and says whom they wait for', async () => {
    const { shown, waits, under, take } = setUp();
    const all = [take('a'), take('b'), take('c')];
    expect(under.map(({ name }) => name)).toEqual(['a']);
    expect(waits).toEqual(['b after a', 'c after b']);
    under[0]?.end();
    await all[0];
    await expect.poll(() => under.map(({ name }) => name)).toEqual(['a', 'b']);
    under[1]?.end();
    await expect.poll(() => under.length).toBe(3);
    under[2]?.end();
    await Promise.all(all);
    expect(shown).toEqual(['a', 'a b', 'a b c', 'b c', 'c', '']);
  });

  it('goes on after one that failed, and tells that to who asked for it', async () => {
    const { shown, under, take } = setUp();
    const first = take('a');
    const second = take('b');
    under[0]?.end(new Error('The disk is full.'));
    await expect(first).rejects.toThrow('The disk is full.');
    await expect.poll(() => under.length).toBe(2);
    under[1]?.end();
    await second;
    expect(shown.at(-1)).toBe('');
  });

  it('refuses more than anybody means to take', async () => {
    const { shown, take } = setUp();
    for (let count = 0; count <= SNAPSHOTS_WAITING_MAX; count += 1) void take(`s${count}`);
    const before = shown.length;
    await expect(take('one too many')).rejects.toMatchObject({ code: 'busy', message: /“one too many” was not taken/ });
    expect(shown).toHaveLength(before);
  });
});
