import { SvelteSet } from 'svelte/reactivity';
import type { VmId } from '../../../../shared/model/ids.ts';
import type { VmRecord } from '../../../../shared/model/vm.ts';
import type { LibraryStore } from '../../app/library-store.svelte.ts';
import type { Navigation } from '../../app/navigation.svelte.ts';
import { locale, t } from '../../text/text.svelte.ts';
import type { MachinePool } from '../../vm/machine-pool.svelte.ts';
import { sessionWords } from '../../vm/session-words.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';
import { among, choose, choosing, choosingAll, focusing, nothingChosen, type Modifiers } from './list-selection.ts';
import { allTags, hasTags, matchesSearch } from './vm-search.ts';

export interface VmRow {
  readonly record: VmRecord;
  readonly session: VmSession;
  readonly imageName: string;
}

export interface VmListParts {
  readonly library: Pick<LibraryStore, 'vms' | 'image'>;
  readonly vms: Pick<MachinePool, 'get'>;
  readonly navigation: Navigation;
}

/** The list of VMs in the sidebar: what of it shows, and what is chosen in it. */
export class VmList {
  query = $state('');
  readonly #wantedTags = new SvelteSet<string>();
  #raw = $state.raw(nothingChosen<VmId>());
  #searchListeners: readonly (() => void)[] = [];
  readonly #parts: VmListParts;

  readonly #all: readonly VmRow[] = $derived.by(() =>
    this.#parts.library.vms.flatMap((record) => {
      const session = this.#parts.vms.get(record.id);
      const imageName = this.#parts.library.image(record.imageId)?.name ?? t('vms.missing-image');
      return session ? [{ record, session, imageName }] : [];
    }),
  );
  readonly tags: readonly string[] = $derived.by(() => allTags(this.#parts.library.vms, locale()));
  /** Those that are wanted and still exist. */
  readonly wantedTags: readonly string[] = $derived.by(() =>
    [...this.#wantedTags].filter((tag) => this.tags.includes(tag)),
  );
  readonly rows: readonly VmRow[] = $derived.by(() => this.#all.filter((row) => this.#isWanted(row)));
  readonly #ids: readonly VmId[] = $derived(this.rows.map(({ record }) => record.id));
  readonly #selection = $derived(among(this.#ids, this.#raw));

  constructor(parts: VmListParts) {
    this.#parts = parts;
  }

  get isFiltered(): boolean {
    return this.query.trim() !== '' || this.wantedTags.length > 0;
  }

  get ids(): readonly VmId[] {
    return this.#ids;
  }

  /** Where the keyboard is: the row that Tab leads to. */
  get focusId(): VmId | null {
    const { selectedId } = this.#parts.navigation;
    const shown = selectedId !== null && this.#ids.includes(selectedId) ? selectedId : null;
    return this.#selection.focus ?? shown ?? this.#ids[0] ?? null;
  }

  /** What an action is for: the VMs that are chosen in the list, else the one that is shown. */
  readonly targets: readonly VmSession[] = $derived.by(() => {
    const { selectedId } = this.#parts.navigation;
    const shown = selectedId === null ? [] : [selectedId];
    const ids = this.#selection.chosen.size > 1 ? this.#ids.filter((id) => this.#selection.chosen.has(id)) : shown;
    return ids.flatMap((id) => this.#parts.vms.get(id) ?? []);
  });

  isChosen(id: VmId): boolean {
    const { chosen } = this.#selection;
    return chosen.size > 1 ? chosen.has(id) : id === this.#parts.navigation.selectedId;
  }

  /** Whoever draws the search field puts the keyboard there. */
  onSearch(listener: () => void): () => void {
    this.#searchListeners = [...this.#searchListeners, listener];
    return () => (this.#searchListeners = this.#searchListeners.filter((one) => one !== listener));
  }

  askForSearch(): void {
    for (const listener of this.#searchListeners) listener();
  }

  toggleTag(tag: string): void {
    if (!this.#wantedTags.delete(tag)) this.#wantedTags.add(tag);
  }

  clearFilter(): void {
    this.query = '';
    this.#wantedTags.clear();
  }

  /** A row is clicked or reached by a key. Of several that are chosen the one shown stays. */
  choose(id: VmId, modifiers: Modifiers = { adds: false, extends: false }): void {
    this.#raw = choosing(this.#ids, this.#begun(), id, modifiers);
    const [only] = this.#raw.chosen;
    if (this.#raw.chosen.size === 1 && only !== undefined) this.#parts.navigation.select(only);
  }

  /** Only the keyboard moves. */
  focus(id: VmId): void {
    this.#raw = focusing(this.#begun(), id);
  }

  chooseAll(): void {
    this.#raw = choosingAll(this.#ids, this.#begun());
  }

  /** What was chosen besides the VM that is shown is let go. */
  chooseShown(): void {
    const { selectedId } = this.#parts.navigation;
    this.#raw = selectedId === null ? nothingChosen() : choose(selectedId);
  }

  /** A menu is about the row it is opened on, and about all that are chosen when it is one of them. */
  chooseForMenu(id: VmId): void {
    if (!this.isChosen(id)) this.choose(id);
    else this.focus(id);
  }

  /** A selection begins with the VM that is shown, which other parts of the page change. */
  #begun() {
    const { selectedId } = this.#parts.navigation;
    if (this.#selection.chosen.size > 1 || selectedId === null) return this.#selection;
    return { ...choose(selectedId), focus: this.#selection.focus };
  }

  #isWanted({ record, session, imageName }: VmRow): boolean {
    const stateWords = this.query === '' ? '' : sessionWords(session.state, session.task);
    const { name, tags } = record;
    return hasTags(record, this.wantedTags) && matchesSearch({ name, tags, imageName, stateWords }, this.query);
  }
}
