import type { VmId } from '../../../../shared/model/ids.ts';
import type { VmActions } from '../machine/vm-actions.ts';
import { CAN } from '../machine/vm-actions.ts';
import { rowByKey } from './list-selection.ts';
import { TypeAhead } from './type-ahead.ts';
import type { VmList } from './vm-list.svelte.ts';

/** What the keys need of the page. */
export interface VmListSurroundings {
  /** How many rows show at once, less one. */
  pageRows(): number;
  focusRow(id: VmId): void;
  focusTerminal(id: VmId): void;
  nowMs(): number;
}

/** What is looked at of a key. */
export type ListKey = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey' | 'preventDefault'>;

/** The keys of the list of VMs, as in every list (WAI-ARIA's pattern of a listbox in which several can be chosen). */
export class VmListKeys {
  readonly #list: VmList;
  readonly #actions: Pick<VmActions, 'launch' | 'delete' | 'rename'>;
  readonly #around: VmListSurroundings;
  readonly #typeAhead = new TypeAhead();

  constructor(list: VmList, actions: Pick<VmActions, 'launch' | 'delete' | 'rename'>, around: VmListSurroundings) {
    this.#list = list;
    this.#actions = actions;
    this.#around = around;
  }

  pressed(event: ListKey): void {
    if (event.altKey) return;
    if (this.#move(event) || this.#choose(event) || this.#act(event) || this.#type(event)) event.preventDefault();
  }

  /** Shows a VM, launches it where it does not run, and lets the person type into it where it does. */
  open(id: VmId): void {
    this.#list.choose(id);
    const [session] = this.#list.targets;
    if (session === undefined) return;
    if (CAN.launch(session)) void this.#actions.launch([session]);
    else this.#around.focusTerminal(id);
  }

  #move(event: ListKey): boolean {
    const { ids, focusId } = this.#list;
    const to = rowByKey(ids, focusId, event.key, this.#around.pageRows());
    if (to === null) return false;
    const adds = event.ctrlKey || event.metaKey;
    if (adds && !event.shiftKey) this.#list.focus(to);
    else this.#list.choose(to, { adds, extends: event.shiftKey });
    this.#around.focusRow(to);
    return true;
  }

  #choose(event: ListKey): boolean {
    const adds = event.ctrlKey || event.metaKey;
    const { focusId } = this.#list;
    if (event.key === ' ' && focusId !== null && !this.#typeAhead.isTyping(this.#around.nowMs())) {
      this.#list.choose(focusId, { adds: true, extends: false });
      return true;
    }
    if (adds && event.key.toLowerCase() === 'a' && !event.shiftKey) {
      this.#list.chooseAll();
      return true;
    }
    if (event.key === 'Escape') {
      this.#list.chooseShown();
      return true;
    }
    return false;
  }

  #act(event: ListKey): boolean {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return false;
    const { targets, focusId } = this.#list;
    const [only] = targets;
    switch (event.key) {
      case 'Enter':
        if (targets.length > 1) void this.#actions.launch(targets);
        else if (focusId !== null) this.open(focusId);
        return true;
      case 'Delete':
        void this.#actions.delete(targets);
        return true;
      case 'F2':
        if (targets.length === 1 && only !== undefined) this.#actions.rename(only);
        return true;
      default:
        return false;
    }
  }

  #type(event: ListKey): boolean {
    // Keys with names of several letters are no letters.
    if (event.ctrlKey || event.metaKey || Array.from(event.key).length !== 1) return false;
    const { rows, ids, focusId } = this.#list;
    const names = rows.map(({ record }) => record.name);
    const from = focusId === null ? -1 : ids.indexOf(focusId);
    const id = ids[this.#typeAhead.typed(event.key, this.#around.nowMs(), names, from) ?? -1];
    if (id !== undefined) {
      this.#list.choose(id);
      this.#around.focusRow(id);
    }
    return true;
  }
}
