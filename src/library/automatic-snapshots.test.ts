import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StateId, VmId } from '../shared/model/ids.ts';
import { STATE_MAKERS, type StateManifest } from '../shared/model/state.ts';
import { planPruning } from './automatic-snapshots.ts';

type Snapshot = Parameters<typeof planPruning>[0][number];

function snapshot(id: string, fields: Partial<StateManifest> = {}): Snapshot {
  const manifest: Partial<StateManifest> = {
    id: id as StateId,
    kind: 'snapshot',
    vmId: 'vm-1' as VmId,
    madeBy: 'timer',
    note: '',
    tags: [],
    isProtected: false,
    createdAt: `2026-01-01T00:00:0${id.at(-1)}`,
    ...fields,
  };
  return manifest as StateManifest;
}

const newest = snapshot('st-9');
const plan = (snapshots: readonly Snapshot[], keep: number, heads: readonly string[] = []): readonly string[] =>
  planPruning(
    snapshots,
    heads.map((head) => ({ head: head as StateId })),
    { newest, keep },
  );

describe('what is too many of the snapshots that Terrarium takes by itself', () => {
  const three = [snapshot('st-2'), snapshot('st-1'), snapshot('st-3'), newest];

  it('is the oldest beyond those that are kept', () => {
    expect(plan(three, 4)).toEqual([]);
    expect(plan(three, 2)).toEqual(['st-1', 'st-2']);
    expect(plan(three, 1)).toEqual(['st-1', 'st-2', 'st-3']);
  });

  it('is never the one that was just taken, where the clock went back', () => {
    const before = snapshot('st-9', { createdAt: '2025' });
    expect(planPruning([...three.slice(0, 3), before], [], { newest: before, keep: 2 })).toEqual(['st-1', 'st-2']);
  });

  it.each<[string, Partial<StateManifest>]>([
    ['protected', { isProtected: true }],
    ['has a note', { note: 'before the upgrade' }],
    ['has tags', { tags: ['good'] }],
    ['was made by a person', { madeBy: 'person' }],
    ['was made before a restore', { madeBy: 'restore' }],
    ['is of another VM', { vmId: 'vm-2' as VmId }],
    ['is a head', { kind: 'head' }],
  ])('is none that %s', (_what, fields) => {
    expect(plan([snapshot('st-0', fields), newest], 1)).toEqual([]);
  });

  it('is none that a VM resumes from', () => {
    expect(plan(three, 1, ['st-2'])).toEqual(['st-1', 'st-3']);
  });

  it('leaves, for any snapshots, no more than are to be kept, all newer than what goes', () => {
    const one = fc.record({
      kind: fc.constantFrom('snapshot' as const, 'head' as const),
      vmId: fc.constantFrom('vm-1' as VmId, 'vm-2' as VmId),
      madeBy: fc.constantFrom(...STATE_MAKERS),
      note: fc.constantFrom('', 'a note'),
      tags: fc.constantFrom([], ['tag']),
      isProtected: fc.boolean(),
      createdAt: fc.constantFrom('2026-01', '2026-02', '2026-03', '2026-04'),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 40 }), fc.nat(10), fc.array(fc.nat(39)), (fields, more, heads) => {
        const keep = more + 1;
        const all = [...fields.map((field, at) => snapshot(`st-a${at}`, field)), newest];
        const isHead = new Set(heads.map((at) => `st-a${at}`));
        const gone = new Set(plan(all, keep, [...isHead]));
        const isOwn = (state: Snapshot): boolean =>
          state.kind === 'snapshot' &&
          state.vmId === 'vm-1' &&
          state.madeBy === 'timer' &&
          !state.isProtected &&
          state.note + state.tags.join('') === '' &&
          !isHead.has(state.id);
        const own = all.filter(isOwn);
        expect(gone.has(newest.id)).toBe(false);
        for (const state of all) if (!isOwn(state)) expect(gone.has(state.id)).toBe(false);
        expect(own.length - gone.size).toBe(Math.min(keep, own.length));
        const kept = own.filter(({ id }) => !gone.has(id) && id !== newest.id);
        for (const state of own.filter(({ id }) => gone.has(id))) {
          for (const { createdAt } of kept) expect(createdAt >= state.createdAt).toBe(true);
        }
        // Once is enough.
        expect(
          plan(
            all.filter(({ id }) => !gone.has(id)),
            keep,
            [...isHead],
          ),
        ).toEqual([]);
      }),
    );
  });
});
