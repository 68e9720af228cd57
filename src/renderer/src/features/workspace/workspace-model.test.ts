import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { VmId } from '../../../../shared/model/ids.ts';
import { leavesOf } from './pane-tree.ts';
import {
  activeTab,
  adoptTab,
  closePane,
  closeTab,
  dropTab,
  EMPTY_WORKSPACE,
  focusPane,
  moveTab,
  openTab,
  paneToTab,
  parseWorkspace,
  renameTab,
  savedWorkspace,
  showTab,
  splitFocused,
  stepTab,
  TABS_MAX,
  terminalsIn,
  withoutTerminals,
  type TerminalRef,
  type WorkspaceModel,
} from './workspace-model.ts';

const ref = (id: TerminalRef['id'], vmId = 'vm-a'): TerminalRef => ({ vmId: vmId as VmId, id });
const names = ({ tabs }: WorkspaceModel): string[] =>
  tabs.map(({ root }) =>
    leavesOf(root)
      .map(({ content }) => String(content.id))
      .join('+'),
  );
const three = [ref(0), ref(1), ref('shell-1')].reduce(openTab, EMPTY_WORKSPACE);
const idAt = (model: WorkspaceModel, at: number): number => model.tabs[at]?.id ?? -1;

const THEIRS = activeTab(splitFocused(openTab(EMPTY_WORKSPACE, ref(0, 'vm-b')), 'down', ref(1, 'vm-b')))!;

/** Anything a person could do, in any order. */
const steps = fc.array(
  fc.tuple(fc.nat({ max: 11 }), fc.nat({ max: 30 }), fc.constantFrom('left', 'right', 'up', 'down' as const)),
  { maxLength: 40 },
);
function walk(list: readonly (readonly [number, number, 'left' | 'right' | 'up' | 'down'])[]): WorkspaceModel {
  let model = EMPTY_WORKSPACE;
  for (const [what, number, side] of list) {
    const panes = model.tabs.flatMap(({ root }) => leavesOf(root).map(({ pane }) => pane));
    const pane = panes[number % Math.max(1, panes.length)] ?? -1;
    const tab = idAt(model, number % Math.max(1, model.tabs.length));
    if (what <= 1) model = openTab(model, ref(`shell-${model.nextNumber}`));
    else if (what <= 3) model = splitFocused(model, side, ref(`shell-${model.nextNumber}`));
    else if (what === 4) model = closePane(model, pane);
    else if (what === 5) model = closeTab(model, tab);
    else if (what === 6) model = moveTab(model, tab, number % 5);
    else if (what === 7) model = dropTab(model, tab, pane, side);
    else if (what === 8) model = stepTab(model, number);
    else if (what === 9) model = paneToTab(model, pane);
    else if (what === 10) model = adoptTab(closeTab(model, tab), activeTab(model) ?? THEIRS);
    else model = focusPane(model, pane);
  }
  return model;
}

describe('a workspace', () => {
  it('opens tabs behind the active one, and goes to the neighbour when one is closed', () => {
    expect(names(three)).toEqual(['0', '1', 'shell-1']);
    const first = showTab(three, idAt(three, 0));
    expect(names(openTab(first, ref(2)))).toEqual(['0', '2', '1', 'shell-1']);
    expect(closeTab(first, idAt(three, 0)).active).toBe(idAt(three, 1));
    expect(closeTab(three, idAt(three, 2)).active).toBe(idAt(three, 1));
    expect(three.tabs.reduce((left, { id }) => closeTab(left, id), three).active).toBe(null);
  });

  it('steps around the end', () => {
    expect(stepTab(three, 1).active).toBe(idAt(three, 0));
    expect(stepTab(showTab(three, idAt(three, 0)), -1).active).toBe(idAt(three, 2));
    expect(stepTab(EMPTY_WORKSPACE, 1)).toEqual(EMPTY_WORKSPACE);
  });

  it('splits the focused pane, and closes the tab with its last pane', () => {
    const split = splitFocused(three, 'right', ref(2));
    expect(names(split)).toEqual(['0', '1', 'shell-1+2']);
    const focused = activeTab(split)?.focused ?? -1;
    expect(names(closePane(split, focused))).toEqual(['0', '1', 'shell-1']);
    // What stands beside the closed one goes on, not the first.
    const third = splitFocused(split, 'down', ref('shell-3'));
    expect(activeTab(closePane(third, activeTab(third)?.focused ?? -1))?.focused).toBe(focused);
    expect(names(closePane(closePane(split, focused), activeTab(three)?.focused ?? -1))).toEqual(['0', '1']);
  });

  it('takes the panes of a tab that is dropped on another', () => {
    const target = activeTab(three)?.focused ?? -1;
    expect(names(dropTab(three, idAt(three, 0), target, 'left'))).toEqual(['1', '0+shell-1']);
    expect(dropTab(three, idAt(three, 2), target, 'left')).toBe(three);
  });

  it('gives a pane a tab of its own, behind the one it was in', () => {
    const split = splitFocused(showTab(three, idAt(three, 0)), 'right', ref(2));
    const moved = paneToTab(split, activeTab(split)?.focused ?? -1);
    expect(names(moved)).toEqual(['0', '2', '1', 'shell-1']);
    expect(activeTab(moved)?.id).toBe(idAt(moved, 1));
    // It has one already.
    expect(paneToTab(three, activeTab(three)?.focused ?? -1)).toBe(three);
  });

  it('takes in a tab of another, without the terminals that it shows already', () => {
    const theirs = renameTab(splitFocused(openTab(EMPTY_WORKSPACE, ref(0, 'vm-b')), 'right', ref(1)), 1, 'both');
    const tab = activeTab(theirs)!;
    const taken = adoptTab(showTab(three, idAt(three, 0)), tab);
    expect(names(taken)).toEqual(['0', '0', '1', 'shell-1']);
    expect(activeTab(taken)?.name).toBe('both');
    const known = adoptTab(three, activeTab(openTab(EMPTY_WORKSPACE, ref(1)))!);
    expect(names(known)).toEqual(names(three));
    expect(known.active).toBe(idAt(three, 1));
  });

  it('is named by a person or by what it shows', () => {
    const named = renameTab(three, idAt(three, 1), '  logs\u0007 ');
    expect(named.tabs[1]?.name).toBe('logs');
    expect(renameTab(named, idAt(three, 1), ' ').tabs[1]?.name).toBe(null);
  });

  it('loses the terminals of a VM that is gone', () => {
    const mixed = splitFocused(three, 'down', ref(0, 'vm-b'));
    expect(names(withoutTerminals(mixed, ({ vmId }) => vmId === 'vm-a'))).toEqual(['0']);
  });

  it('has bounds', () => {
    let model = EMPTY_WORKSPACE;
    for (let count = 0; count < TABS_MAX + 5; count += 1) model = openTab(model, ref(0));
    expect(model.tabs.length).toBe(TABS_MAX);
    for (let count = 0; count < 40; count += 1) model = splitFocused(model, 'right', ref(0));
    expect(leavesOf(activeTab(model)!.root).length).toBe(16);
  });

  it('stays in order whatever is done: one active tab, a focused pane each, numbers once', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const model = walk(list);
        const panes = model.tabs.flatMap(({ root }) => leavesOf(root).map(({ pane }) => pane));
        expect(new Set(panes).size).toBe(panes.length);
        expect(terminalsIn(model).length).toBe(panes.length);
        expect(model.active === null).toBe(model.tabs.length === 0);
        if (model.active !== null) expect(activeTab(model)).not.toBe(null);
        for (const { root, focused } of model.tabs)
          expect(leavesOf(root).some(({ pane }) => pane === focused)).toBe(true);
      }),
    );
  });

  it('comes back as it was kept, and anything else is nothing', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const model = walk(list);
        const kept = parseWorkspace(JSON.parse(JSON.stringify(savedWorkspace(model))));
        expect(kept).toEqual({
          ...model,
          tabs: model.tabs.map((tab) => ({ ...tab, isZoomed: false, isBroadcast: false })),
        });
      }),
    );
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(parseWorkspace(value)).toBe(null);
      }),
    );
    const saved = savedWorkspace(three) as { nextNumber: number };
    expect(parseWorkspace({ ...saved, nextNumber: 2 })).toBe(null);
    expect(parseWorkspace(savedWorkspace(openTab(three, ref(0))))).toBe(null);
  });
});
