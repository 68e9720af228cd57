import type { VmId } from '../../../../shared/model/ids.ts';
import type { TerminalSession } from '../terminal/terminal-session.ts';
import { isShellId, type ShellId, type TerminalId, type ViewId } from '../../vm/terminal-id.ts';
import {
  equalised,
  growPane,
  leafOf,
  leavesOf,
  moveBorder,
  neighbourOf,
  type Border,
  type Direction,
  type PaneId,
  type SplitKind,
} from './pane-tree.ts';
import {
  activeTab,
  adoptTab,
  changeTab,
  closePane,
  closeTab,
  dropTab,
  EMPTY_WORKSPACE,
  focusPane,
  moveTab,
  openTab,
  PANES_MAX,
  paneToTab,
  renameTab,
  showTab,
  splitFocused,
  stepTab,
  tabOf,
  TABS_MAX,
  terminalsIn,
  withoutTerminals,
  type Tab,
  type TabId,
  type TerminalRef,
  type WorkspaceModel,
} from './workspace-model.ts';

const CONSOLES: readonly TerminalId[] = [0, 1, 2];

/** What a workspace needs of the VMs whose terminals it shows. */
export interface WorkspaceSurroundings {
  /** Null for a VM that is no more, and for its screen. */
  terminal(ref: TerminalRef): TerminalSession | null;
  /** Puts the keyboard into a VM's screen, which must be on the page. */
  enterScreen(vmId: VmId): void;
  /** Null when the VM has too many. It begins in the folder of the terminal that is named. */
  newShell(vmId: VmId, like: TerminalId | null): ShellId | null;
  /** Ends a shell that no pane shows any more. */
  closeTerminal(ref: TerminalRef): void;
  /** Says why something cannot be opened. */
  refused(why: 'tabs' | 'panes' | 'shells'): void;
  changed(): void;
}

/** The tabs and panes of one VM as they are on the screen. What they may be is in workspace-model.ts. */
export class Workspace {
  readonly vmId: VmId;
  #model: WorkspaceModel = $state.raw(EMPTY_WORKSPACE);
  readonly #around: WorkspaceSurroundings;

  constructor(vmId: VmId, around: WorkspaceSurroundings) {
    this.vmId = vmId;
    this.#around = around;
    this.#model = openTab(EMPTY_WORKSPACE, { vmId, id: 0 });
  }

  get model(): WorkspaceModel {
    return this.#model;
  }

  get tabs(): readonly Tab[] {
    return this.#model.tabs;
  }

  get active(): Tab | null {
    return activeTab(this.#model);
  }

  /** The terminal that commands are about. */
  get focused(): TerminalRef | null {
    const tab = this.active;
    return tab ? (leafOf(tab.root, tab.focused)?.content ?? null) : null;
  }

  /** Puts a layout of before in place of the first one. */
  restore(model: WorkspaceModel): void {
    this.#model = model;
  }

  /** Puts the keyboard into the focused pane, which must be on the screen. */
  enter(): void {
    const { focused } = this;
    if (focused?.id === 'screen') this.#around.enterScreen(focused.vmId);
    else if (focused) this.terminal(focused)?.focus();
  }

  terminal(ref: TerminalRef): TerminalSession | null {
    return this.#around.terminal(ref);
  }

  /** Opens a tab with the next free console of this VM, or of the one that is named; with a new shell when all are shown. */
  newTab(vmId: VmId = this.vmId): void {
    if (this.#model.tabs.length >= TABS_MAX) {
      this.#around.refused('tabs');
      return;
    }
    const terminal = this.#freeTerminal(vmId);
    if (terminal) this.#become(openTab(this.#model, terminal));
  }

  /** Opens a tab with a shell in the folder of the focused terminal; a plain one where there is no such folder. */
  duplicate(): void {
    const { focused } = this;
    if (!focused || focused.id === 'screen' || focused.id === 'boot') {
      this.newTab();
      return;
    }
    if (this.#model.tabs.length >= TABS_MAX) {
      this.#around.refused('tabs');
      return;
    }
    // A console has its shell already, wherever that is: only a new shell can begin in a folder.
    const id = this.#around.newShell(focused.vmId, focused.id);
    if (id === null) this.#around.refused('shells');
    else this.#become(openTab(this.#model, { vmId: focused.vmId, id }));
  }

  /** Shows a terminal of this VM, or its screen: where it is already, else in a tab of its own. */
  show(id: ViewId): void {
    for (const tab of this.#model.tabs) {
      const leaf = leavesOf(tab.root).find(({ content }) => content.vmId === this.vmId && content.id === id);
      if (leaf) {
        this.#become(focusPane(this.#model, leaf.pane));
        return;
      }
    }
    if (this.#model.tabs.length >= TABS_MAX) this.#around.refused('tabs');
    else this.#become(openTab(this.#model, { vmId: this.vmId, id }));
  }

  showTab(id: TabId): void {
    this.#become(showTab(this.#model, id));
  }

  showTabAt(index: number): void {
    const tab = this.#model.tabs[index];
    if (tab) this.showTab(tab.id);
  }

  stepTab(by: 1 | -1): void {
    this.#become(stepTab(this.#model, by));
  }

  moveTab(id: TabId, to: number): void {
    this.#become(moveTab(this.#model, id, to));
  }

  moveActiveTab(by: 1 | -1): void {
    const at = this.#model.tabs.findIndex(({ id }) => id === this.#model.active);
    if (at >= 0 && this.#model.active !== null) this.moveTab(this.#model.active, at + by);
  }

  renameTab(id: TabId, name: string): void {
    this.#become(renameTab(this.#model, id, name));
  }

  closeTab(id: TabId): void {
    this.#become(closeTab(this.#model, id));
  }

  /** Divides the focused pane: the new one shows another terminal of the same VM, or of the one that is named. */
  split(side: Direction, vmId: VmId | null = null): void {
    const tab = this.active;
    if (!tab) return;
    if (leavesOf(tab.root).length >= PANES_MAX) {
      this.#around.refused('panes');
      return;
    }
    const terminal = this.#freeTerminal(vmId ?? this.focused?.vmId ?? this.vmId);
    if (terminal) this.#become(splitFocused(this.#model, side, terminal));
  }

  closePane(pane: PaneId | null = this.active?.focused ?? null): void {
    if (pane !== null) this.#become(closePane(this.#model, pane));
  }

  /** Gives the focused pane a tab of its own. */
  paneToTab(): void {
    const tab = this.active;
    if (!tab) return;
    if (this.#model.tabs.length >= TABS_MAX) this.#around.refused('tabs');
    else this.#become(paneToTab(this.#model, tab.focused));
  }

  /** Takes in a tab of another workspace, which lets it go, and shows it; unless there are too many. */
  adopt(id: TabId, from: Workspace): void {
    const tab = tabOf(from.#model, id);
    if (!tab) return;
    if (this.#model.tabs.length >= TABS_MAX) {
      this.#around.refused('tabs');
      return;
    }
    this.#become(adoptTab(this.#model, tab));
    // Its shells go on here.
    from.#model = closeTab(from.#model, id);
    from.#around.changed();
  }

  focusPane(pane: PaneId): void {
    if (this.active?.focused !== pane) this.#become(focusPane(this.#model, pane));
  }

  focusNeighbour(direction: Direction): void {
    const tab = this.active;
    const next = tab && neighbourOf(tab.root, tab.focused, direction);
    if (next !== null) this.focusPane(next);
  }

  moveBorder(border: Border, byShare: number): void {
    this.#onActive((tab) => ({ ...tab, root: moveBorder(tab.root, border, byShare) }));
  }

  grow(axis: SplitKind, byShare: number): void {
    this.#onActive((tab) => ({ ...tab, root: growPane(tab.root, tab.focused, axis, byShare) }));
  }

  equalise(): void {
    this.#onActive((tab) => ({ ...tab, root: equalised(tab.root) }));
  }

  toggleZoom(): void {
    this.#onActive((tab) => ({ ...tab, isZoomed: !tab.isZoomed && tab.root.kind !== 'leaf' }));
  }

  /** What is typed in one pane of the tab goes to all of them, or no longer does. */
  toggleBroadcast(): void {
    this.#onActive((tab) => ({ ...tab, isBroadcast: !tab.isBroadcast && tab.root.kind !== 'leaf' }));
  }

  dropTab(id: TabId, pane: PaneId, side: Direction): void {
    if (tabOf(this.#model, id)) this.#become(dropTab(this.#model, id, pane, side));
  }

  /** Where what is typed in a pane goes, too. */
  othersOf(pane: PaneId): readonly TerminalSession[] {
    const tab = this.#model.tabs.find(({ root }) => leafOf(root, pane) !== null);
    if (!tab?.isBroadcast) return [];
    return leavesOf(tab.root).flatMap((leaf) => {
      const terminal = leaf.pane === pane ? null : this.terminal(leaf.content);
      return terminal ? [terminal] : [];
    });
  }

  /** Closes the panes of VMs that are no more. */
  follow(isThere: (vmId: VmId) => boolean): void {
    if (terminalsIn(this.#model).some(({ vmId }) => !isThere(vmId)))
      this.#become(withoutTerminals(this.#model, ({ vmId }) => !isThere(vmId)));
  }

  #onActive(change: (tab: Tab) => Tab): void {
    this.#become(changeTab(this.#model, this.#model.active, change));
  }

  #freeTerminal(vmId: VmId): TerminalRef | null {
    const shown = terminalsIn(this.#model).filter((ref) => ref.vmId === vmId);
    const free = CONSOLES.find((id) => !shown.some((ref) => ref.id === id));
    const id = free ?? this.#around.newShell(vmId, null);
    if (id !== null) return { vmId, id };
    this.#around.refused('shells');
    return null;
  }

  #become(model: WorkspaceModel): void {
    const before = terminalsIn(this.#model);
    this.#model = model;
    const after = terminalsIn(model);
    for (const ref of before) {
      const isShown = after.some(({ vmId, id }) => vmId === ref.vmId && id === ref.id);
      if (isShellId(ref.id) && !isShown) this.#around.closeTerminal(ref);
    }
    this.#around.changed();
  }
}
