import type { DirEntry } from '../../../../machine/protocol.ts';
import { FailureError, toErr } from '../../../../shared/result.ts';
import { locale, said } from '../../text/text.svelte.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';
import {
  among,
  choose,
  choosing,
  choosingAll,
  focusing,
  nothingChosen,
  type ListSelection,
  type Modifiers,
} from '../sidebar/list-selection.ts';
import { inOrder, ordering, type Column, type EntryOrder } from './entry-order.ts';
import { joinGuestPath, lastOfGuestPath, parentGuestPath } from './guest-path.ts';

/** A guest may have a folder of a million names; a person does not read them. */
export const ENTRIES_SHOWN_MAX = 5000;

/** How an attempt to show a folder ended: a faster press elsewhere overtakes a slow answer. */
export type FolderOpening = 'opened' | 'failed' | 'overtaken';

/** A folder of a running VM as the panel shows it: its entries in an order, and which of them are chosen. */
export class FileFolder {
  #path: string = $state('/');
  #listed: readonly DirEntry[] = $state.raw([]);
  #order: EntryOrder = $state.raw({ column: 'name', isDescending: false });
  #selection: ListSelection<string> = $state.raw(nothingChosen());
  #failure: string | null = $state(null);
  #isLoading = $state(false);
  #hasOpened = false;
  #request = 0;
  readonly #session: Pick<VmSession, 'runningMachine'>;
  readonly entries: readonly DirEntry[] = $derived.by(() =>
    inOrder(this.#listed, this.#order, locale()).slice(0, ENTRIES_SHOWN_MAX),
  );
  readonly names: readonly string[] = $derived(this.entries.map((entry) => entry.name));

  constructor(session: Pick<VmSession, 'runningMachine'>) {
    this.#session = session;
  }

  get path(): string {
    return this.#path;
  }

  get order(): EntryOrder {
    return this.#order;
  }

  get selection(): ListSelection<string> {
    return this.#selection;
  }

  get failure(): string | null {
    return this.#failure;
  }

  get isLoading(): boolean {
    return this.#isLoading;
  }

  /** It is some folder that was listed, not the one to begin with. */
  get hasOpened(): boolean {
    return this.#hasOpened;
  }

  /** How many there are, shown or not. */
  get count(): number {
    return this.#listed.length;
  }

  get chosen(): readonly DirEntry[] {
    return this.entries.filter((entry) => this.#selection.chosen.has(entry.name));
  }

  /** The entry the keyboard is at. */
  get focused(): DirEntry | null {
    return this.entries.find((entry) => entry.name === this.#selection.focus) ?? null;
  }

  pathOf(entry: Pick<DirEntry, 'name'>): string {
    return joinGuestPath(this.#path, entry.name);
  }

  /** A folder that cannot be listed leaves the one before, and says why. */
  async open(path: string, at: string | null = null): Promise<FolderOpening> {
    this.#request += 1;
    const request = this.#request;
    this.#isLoading = true;
    try {
      const entries = await this.#session.runningMachine().request('readDir', { guestPath: path });
      if (request !== this.#request) return 'overtaken';
      const isSame = path === this.#path;
      this.#path = path;
      this.#listed = entries;
      this.#failure = null;
      const kept = isSame ? among(this.names, this.#selection) : nothingChosen<string>();
      this.#selection = kept;
      this.#point(at ?? kept.focus);
      this.#hasOpened = true;
      return 'opened';
    } catch (caught) {
      if (request !== this.#request) return 'overtaken';
      this.#failed(caught, path);
      return 'failed';
    } finally {
      if (request === this.#request) this.#isLoading = false;
    }
  }

  /** Reads the folder again. @param at the entry to go to */
  reload(at: string | null = null): Promise<FolderOpening> {
    return this.open(this.#path, at);
  }

  async up(): Promise<void> {
    if (this.#path !== '/') await this.open(parentGuestPath(this.#path), lastOfGuestPath(this.#path));
  }

  sortBy(column: Column): void {
    this.#order = ordering(this.#order, column);
  }

  choose(name: string, modifiers: Modifiers = { adds: false, extends: false }): void {
    this.#selection = choosing(this.names, this.#selection, name, modifiers);
  }

  /** Control and an arrow: what is chosen stays. */
  focus(name: string): void {
    this.#selection = focusing(this.#selection, name);
  }

  chooseAll(): void {
    this.#selection = choosingAll(this.names, this.#selection);
  }

  /** A menu opened on a row is about what is chosen, if the row is. */
  chooseForMenu(name: string): void {
    if (!this.#selection.chosen.has(name)) this.#selection = choose(name);
  }

  #point(name: string | null): void {
    const to = name !== null && this.names.includes(name) ? name : this.names[0];
    if (to !== undefined && !this.#selection.chosen.has(to)) this.#selection = choose(to);
  }

  #failed(caught: unknown, path: string): void {
    this.#failure = said(toErr(caught).error.message);
    // The folder was there and has gone: nothing of it is true any more.
    if (path === this.#path && caught instanceof FailureError && caught.code === 'not-found') {
      this.#listed = [];
      this.#selection = nothingChosen();
    }
  }
}
