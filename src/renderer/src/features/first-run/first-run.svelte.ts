import type { LibraryActions } from '../../app/library-actions.ts';
import type { LibraryStore } from '../../app/library-store.svelte.ts';
import type { ImageBuild } from '../image-build/image-build.svelte.ts';
import { said, t } from '../../text/text.svelte.ts';

export const FIRST_VM_NAME = 'first';

type Phase = 'not-begun' | 'building' | 'creating' | 'ended' | { readonly message: string };

/** With no image there is nothing to do but make one: builds it, makes a VM of it and launches that. */
export class FirstRun {
  #phase: Phase = $state.raw('not-begun');
  readonly #library: LibraryStore;
  readonly #build: ImageBuild;
  readonly #actions: LibraryActions;

  constructor(library: LibraryStore, build: ImageBuild, actions: LibraryActions) {
    this.#library = library;
    this.#build = build;
    this.#actions = actions;
  }

  /** Whether the welcome takes the window. */
  get isShown(): boolean {
    return this.#phase !== 'ended' && (this.#phase !== 'not-begun' || this.#isNeeded());
  }

  get isCreating(): boolean {
    return this.#phase === 'creating';
  }

  /** Why it stopped, when it did. */
  get failure(): string | null {
    if (typeof this.#phase === 'object') return this.#phase.message;
    return null;
  }

  beginIfNeeded(): void {
    if (this.#phase !== 'not-begun' || this.#library.loading !== 'loaded') return;
    if (this.#isNeeded()) void this.begin();
    // Images that are removed later, perhaps by the command, were removed by someone who has seen the app.
    else this.#phase = 'ended';
  }

  async begin(): Promise<void> {
    this.#phase = 'building';
    const image = this.#library.images[0] ?? (await this.#build.start('tiny'));
    if (!image) {
      const ended = this.#build.state;
      this.#phase = { message: ended.kind === 'ended' ? said(ended.message) : t('first-run.other-build') };
      return;
    }
    this.#phase = 'creating';
    const created = await this.#actions.createVm(
      { name: FIRST_VM_NAME, imageId: image.id, memoryMib: image.memoryMib },
      true,
    );
    this.#phase = created.ok ? 'ended' : { message: said(created.error.message) };
  }

  #isNeeded(): boolean {
    return this.#library.loading === 'loaded' && this.#library.images.length === 0;
  }
}
