import { rowByKey } from '../sidebar/list-selection.ts';
import { TypeAhead } from '../sidebar/type-ahead.ts';
import type { FileFolder } from './file-folder.svelte.ts';

/** What is looked at of a key. */
export type ListKey = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey' | 'preventDefault'>;

/** What the keys do beyond the list itself. */
export interface FileListActions {
  open(): void;
  view(): void;
  rename(): void;
  remove(): void;
  copyPath(): void;
  pageRows(): number;
  /** Brings the row with the keyboard into sight. */
  reveal(): void;
  nowMs(): number;
}

/** The keys of the list of files, as in every manager of files. */
export class FileListKeys {
  readonly #folder: FileFolder;
  readonly #actions: FileListActions;
  #typeAhead = new TypeAhead();

  constructor(folder: FileFolder, actions: FileListActions) {
    this.#folder = folder;
    this.#actions = actions;
  }

  pressed(event: ListKey): void {
    if (this.#move(event) || this.#act(event) || this.#choose(event) || this.#type(event)) event.preventDefault();
  }

  #move(event: ListKey): boolean {
    if (event.altKey) {
      if (event.key !== 'ArrowUp') return false;
      void this.#folder.up();
      return true;
    }
    const { names, selection } = this.#folder;
    const to = rowByKey(names, selection.focus, event.key, this.#actions.pageRows());
    if (to === null) return false;
    // Whoever moves on has finished the word: a space is no part of it.
    this.#typeAhead = new TypeAhead();
    const adds = event.ctrlKey || event.metaKey;
    if (adds && !event.shiftKey) this.#folder.focus(to);
    else this.#folder.choose(to, { adds, extends: event.shiftKey });
    this.#actions.reveal();
    return true;
  }

  #act(event: ListKey): boolean {
    const control = event.ctrlKey || event.metaKey;
    if (event.altKey || event.shiftKey) return false;
    if (control) {
      if (event.key.toLowerCase() !== 'c') return false;
      this.#actions.copyPath();
      return true;
    }
    switch (event.key) {
      case 'Enter':
        this.#actions.open();
        return true;
      case 'Backspace':
        void this.#folder.up();
        return true;
      case 'Delete':
        this.#actions.remove();
        return true;
      case 'F2':
        this.#actions.rename();
        return true;
      case 'F5':
        void this.#folder.reload();
        return true;
      case ' ':
        if (this.#typeAhead.isTyping(this.#actions.nowMs())) return false;
        this.#actions.view();
        return true;
      default:
        return false;
    }
  }

  #choose(event: ListKey): boolean {
    const control = event.ctrlKey || event.metaKey;
    const { focus } = this.#folder.selection;
    if (!control || event.altKey || event.shiftKey) return false;
    if (event.key.toLowerCase() === 'a') this.#folder.chooseAll();
    else if (event.key === ' ' && focus !== null) this.#folder.choose(focus, { adds: true, extends: false });
    else return false;
    return true;
  }

  #type(event: ListKey): boolean {
    // Keys with names of several letters are no letters.
    if (event.ctrlKey || event.metaKey || event.altKey || Array.from(event.key).length !== 1) return false;
    const { names, selection } = this.#folder;
    const from = selection.focus === null ? -1 : names.indexOf(selection.focus);
    const name = names[this.#typeAhead.typed(event.key, this.#actions.nowMs(), names, from) ?? -1];
    if (name !== undefined) {
      this.#folder.choose(name);
      this.#actions.reveal();
    }
    return true;
  }
}
