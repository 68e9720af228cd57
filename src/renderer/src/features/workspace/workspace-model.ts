import * as v from 'valibot';
import type { VmId } from '../../../../shared/model/ids.ts';
import { isViewId, type ViewId } from '../../vm/terminal-id.ts';
import {
  leafOf,
  leavesOf,
  renumbered,
  splitPane,
  withoutPane,
  type Direction,
  type Leaf,
  type PaneId,
  type PaneNode,
} from './pane-tree.ts';

/** A terminal of some VM, or its screen: the workspace of one VM may show those of others, too. */
export interface TerminalRef {
  readonly vmId: VmId;
  readonly id: ViewId;
}

export type TabId = number;

export interface Tab {
  readonly id: TabId;
  /** What a person called it; null is named after what it shows. */
  readonly name: string | null;
  readonly root: PaneNode<TerminalRef>;
  /** The pane that has the keyboard when the tab is opened. */
  readonly focused: PaneId;
  /** That pane fills the tab for now. */
  readonly isZoomed: boolean;
  /** What is typed in one pane goes to all of them. */
  readonly isBroadcast: boolean;
}

/** The tabs of one VM. There may be none. */
export interface WorkspaceModel {
  readonly tabs: readonly Tab[];
  readonly active: TabId | null;
  /** The number that the next tab or pane gets. */
  readonly nextNumber: number;
}

/** More are more than anybody finds again. */
export const TABS_MAX = 40;
export const PANES_MAX = 16;
export const TAB_NAME_MAX_CHARACTERS = 60;

export const EMPTY_WORKSPACE: WorkspaceModel = { tabs: [], active: null, nextNumber: 1 };

export function tabOf(model: WorkspaceModel, id: TabId | null): Tab | null {
  return model.tabs.find((tab) => tab.id === id) ?? null;
}

export function activeTab(model: WorkspaceModel): Tab | null {
  return tabOf(model, model.active);
}

/** Opens a tab behind the active one, unless there are too many. */
export function openTab(model: WorkspaceModel, terminal: TerminalRef): WorkspaceModel {
  if (model.tabs.length >= TABS_MAX) return model;
  const pane = model.nextNumber + 1;
  const tab: Tab = {
    id: model.nextNumber,
    name: null,
    root: { kind: 'leaf', pane, content: terminal },
    focused: pane,
    isZoomed: false,
    isBroadcast: false,
  };
  const at = model.tabs.findIndex(({ id }) => id === model.active);
  return {
    tabs: model.tabs.toSpliced(at < 0 ? model.tabs.length : at + 1, 0, tab),
    active: tab.id,
    nextNumber: pane + 1,
  };
}

/** Its neighbour becomes active. */
export function closeTab(model: WorkspaceModel, id: TabId): WorkspaceModel {
  const at = model.tabs.findIndex((tab) => tab.id === id);
  if (at < 0) return model;
  const tabs = model.tabs.toSpliced(at, 1);
  const active = model.active === id ? ((tabs[at] ?? tabs[at - 1])?.id ?? null) : model.active;
  return { ...model, tabs, active };
}

export function showTab(model: WorkspaceModel, id: TabId): WorkspaceModel {
  return tabOf(model, id) ? { ...model, active: id } : model;
}

/** The tab so many places from the active one, around the end. */
export function stepTab(model: WorkspaceModel, by: number): WorkspaceModel {
  const { length } = model.tabs;
  const at = model.tabs.findIndex(({ id }) => id === model.active);
  const next = model.tabs[(((at + by) % length) + length) % length];
  return next ? { ...model, active: next.id } : model;
}

export function moveTab(model: WorkspaceModel, id: TabId, to: number): WorkspaceModel {
  const tab = tabOf(model, id);
  if (!tab) return model;
  const others = model.tabs.filter((other) => other.id !== id);
  return { ...model, tabs: others.toSpliced(Math.min(Math.max(0, to), others.length), 0, tab) };
}

/** @param name empty gives it the name of what it shows again */
export function renameTab(model: WorkspaceModel, id: TabId, name: string): WorkspaceModel {
  const given = name
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, TAB_NAME_MAX_CHARACTERS);
  return changeTab(model, id, (tab) => ({ ...tab, name: given === '' ? null : given }));
}

export function changeTab(model: WorkspaceModel, id: TabId | null, change: (tab: Tab) => Tab): WorkspaceModel {
  return { ...model, tabs: model.tabs.map((tab) => (tab.id === id ? change(tab) : tab)) };
}

export function focusPane(model: WorkspaceModel, pane: PaneId): WorkspaceModel {
  const tab = model.tabs.find(({ root }) => leafOf(root, pane) !== null);
  if (!tab) return model;
  return { ...changeTab(model, tab.id, (each) => ({ ...each, focused: pane })), active: tab.id };
}

/** Divides the focused pane of the active tab, unless it has too many; the new pane has the focus. */
export function splitFocused(model: WorkspaceModel, side: Direction, terminal: TerminalRef): WorkspaceModel {
  const tab = activeTab(model);
  if (!tab || leavesOf(tab.root).length >= PANES_MAX) return model;
  const pane = model.nextNumber;
  const added: Leaf<TerminalRef> = { kind: 'leaf', pane, content: terminal };
  const split = changeTab(model, tab.id, (each) => ({
    ...each,
    root: splitPane(each.root, each.focused, side, added),
    focused: pane,
    isZoomed: false,
  }));
  return { ...split, nextNumber: pane + 1 };
}

/** Closes a pane, and its tab with the last one. */
export function closePane(model: WorkspaceModel, pane: PaneId): WorkspaceModel {
  const tab = model.tabs.find(({ root }) => leafOf(root, pane) !== null);
  if (!tab) return model;
  const root = withoutPane(tab.root, pane);
  if (!root) return closeTab(model, tab.id);
  const leaves = leavesOf(root);
  // The one beside it goes on, as it would after the close of a tab.
  const at = leavesOf(tab.root).findIndex((leaf) => leaf.pane === pane);
  const beside = leaves[Math.max(0, at - 1)]?.pane ?? tab.focused;
  const focused = tab.focused === pane ? beside : tab.focused;
  const isBroadcast = tab.isBroadcast && leaves.length > 1;
  return changeTab(model, tab.id, (each) => ({ ...each, root, focused, isZoomed: false, isBroadcast }));
}

/** Puts all of a tab's panes into the active tab, on that side of a pane; the tab is gone then. */
export function dropTab(model: WorkspaceModel, id: TabId, pane: PaneId, side: Direction): WorkspaceModel {
  const dropped = tabOf(model, id);
  const target = model.tabs.find((tab) => tab.id !== id && leafOf(tab.root, pane) !== null);
  if (!dropped || !target) return model;
  const leaves = leavesOf(dropped.root);
  if (leaves.length + leavesOf(target.root).length > PANES_MAX) return model;
  let { root } = target;
  let [at, where] = [pane, side];
  for (const leaf of leaves) {
    root = splitPane(root, at, where, leaf);
    // The rest of them side by side with the first.
    [at, where] = [leaf.pane, 'right'];
  }
  const joined = changeTab(model, target.id, (tab) => ({ ...tab, root, focused: dropped.focused, isZoomed: false }));
  return { ...closeTab(joined, id), active: target.id };
}

/** Gives a pane a tab of its own, behind the one it was in; a tab's only pane has one. */
export function paneToTab(model: WorkspaceModel, pane: PaneId): WorkspaceModel {
  const tab = model.tabs.find(({ root }) => leafOf(root, pane) !== null);
  const leaf = tab ? leafOf(tab.root, pane) : null;
  if (!tab || !leaf || tab.root.kind === 'leaf' || model.tabs.length >= TABS_MAX) return model;
  return openTab({ ...closePane(model, pane), active: tab.id }, leaf.content);
}

/** Takes in a tab of another workspace, behind the active one. Its terminals that are shown here stay where they are. */
export function adoptTab(model: WorkspaceModel, tab: Tab): WorkspaceModel {
  const here = model.tabs.flatMap(({ root }) => leavesOf(root));
  const leafHere = ({ vmId, id }: TerminalRef): Leaf<TerminalRef> | undefined =>
    here.find(({ content }) => content.vmId === vmId && content.id === id);
  const [first, ...others] = leavesOf(tab.root);
  if (!first || model.tabs.length >= TABS_MAX) return model;
  const opened = openTab(model, first.content);
  const numbers = new Map([first, ...others].map(({ pane }, index) => [pane, opened.nextNumber + index]));
  const adopted = changeTab(opened, opened.active, (each) => ({
    ...each,
    name: tab.name,
    root: renumbered(tab.root, numbers),
    focused: numbers.get(tab.focused) ?? opened.nextNumber,
  }));
  const all = { ...adopted, nextNumber: opened.nextNumber + numbers.size };
  const added = leavesOf(activeTab(all)?.root ?? tab.root).filter(({ content }) => leafHere(content));
  const single = added.reduce((left, { pane }) => closePane(left, pane), all);
  if (tabOf(single, opened.active)) return single;
  return focusPane(single, leafHere(first.content)?.pane ?? -1);
}

/** Every terminal that is shown somewhere. */
export function terminalsIn(model: WorkspaceModel): readonly TerminalRef[] {
  return model.tabs.flatMap(({ root }) => leavesOf(root).map(({ content }) => content));
}

/** Closes the panes whose terminals are gone: of VMs that were deleted. */
export function withoutTerminals(model: WorkspaceModel, isGone: (terminal: TerminalRef) => boolean): WorkspaceModel {
  const gone = model.tabs.flatMap(({ root }) => leavesOf(root).filter(({ content }) => isGone(content)));
  return gone.reduce((left, { pane }) => closePane(left, pane), model);
}

/** Any text of a bounded length: what it names is looked up. */
export const vmId = v.custom<VmId>((id) => typeof id === 'string' && id.length <= 64);

const paneNode: v.GenericSchema<unknown, PaneNode<TerminalRef>> = v.lazy(() =>
  v.union([
    v.object({
      kind: v.literal('leaf'),
      pane: v.pipe(v.number(), v.integer(), v.minValue(1)),
      content: v.object({
        vmId,
        id: v.custom<ViewId>(isViewId),
      }),
    }),
    v.pipe(
      v.object({
        kind: v.picklist(['row', 'column']),
        children: v.pipe(v.array(paneNode), v.minLength(2), v.maxLength(PANES_MAX)),
        sizes: v.array(v.pipe(v.number(), v.minValue(0.001), v.maxValue(1))),
      }),
      v.check(({ children, sizes }) => children.length === sizes.length),
    ),
  ]),
);

const savedModel = v.object({
  version: v.literal(1),
  active: v.nullable(v.number()),
  nextNumber: v.pipe(v.number(), v.integer(), v.minValue(1)),
  tabs: v.pipe(
    v.array(
      v.object({
        id: v.pipe(v.number(), v.integer(), v.minValue(1)),
        name: v.nullable(v.pipe(v.string(), v.maxLength(TAB_NAME_MAX_CHARACTERS))),
        root: paneNode,
        focused: v.number(),
      }),
    ),
    v.maxLength(TABS_MAX),
  ),
});

const areUnique = (values: readonly unknown[]): boolean => new Set(values).size === values.length;

/** What is kept of it over a restart. */
export function savedWorkspace({ tabs, active, nextNumber }: WorkspaceModel): unknown {
  return {
    version: 1,
    active,
    nextNumber,
    tabs: tabs.map(({ id, name, root, focused }) => ({ id, name, root, focused })),
  };
}

/** Null for anything that {@link savedWorkspace} did not give. */
export function parseWorkspace(saved: unknown): WorkspaceModel | null {
  const parsed = v.safeParse(savedModel, saved);
  if (!parsed.success) return null;
  const { tabs, active, nextNumber } = parsed.output;
  const panes = tabs.flatMap(({ root }) => leavesOf(root).map(({ pane }) => pane));
  const numbers = [...panes, ...tabs.map(({ id }) => id)];
  const shown = tabs.flatMap(({ root }) => leavesOf(root).map(({ content: { vmId, id } }) => `${vmId}/${id}`));
  const isSound =
    areUnique(panes) &&
    areUnique(tabs.map(({ id }) => id)) &&
    // One terminal can be in one place only.
    areUnique(shown) &&
    tabs.every(({ root }) => leavesOf(root).length <= PANES_MAX);
  if (!isSound || numbers.some((number) => number >= nextNumber)) return null;
  return {
    tabs: tabs.map((tab) => ({
      ...tab,
      focused: leafOf(tab.root, tab.focused) ? tab.focused : (leavesOf(tab.root)[0]?.pane ?? 0),
      isZoomed: false,
      isBroadcast: false,
    })),
    active: tabs.some(({ id }) => id === active) ? active : (tabs[0]?.id ?? null),
    nextNumber,
  };
}
