import type { ImageCatalogue, CatalogueImage, ImageDetails } from '../../../../shared/model/image-catalogue.ts';
import type { BuildPlan, ImageSummary } from '../../../../shared/model/image.ts';
import type { App } from '../../app/app.ts';
import { formatSize } from '../../text/format-size.ts';
import { t } from '../../text/text.svelte.ts';
import { imageRows, type ImageRow } from './image-rows.ts';

/** What is built: a shipped recipe by name, or the file that was chosen, by its token. */
export type BuildSubject = { readonly recipe: string; readonly isUpdate: boolean } | { readonly token: string };

export type ImagesView =
  | { readonly kind: 'list' }
  | { readonly kind: 'plan'; readonly subject: BuildSubject; readonly plan: BuildPlan }
  | { readonly kind: 'details'; readonly image: CatalogueImage; readonly details: ImageDetails }
  | { readonly kind: 'remove'; readonly image: CatalogueImage };

type Needs = Pick<App, 'bridge' | 'build' | 'toasts'>;

/** The catalogue of images: what there is, and one question about one of them at a time. */
export class ImagesPage {
  #catalogue: ImageCatalogue | null = $state.raw(null);
  #error: string | null = $state(null);
  #isBusy = $state(false);
  #view: ImagesView = $state.raw({ kind: 'list' });
  readonly rows: readonly ImageRow[] = $derived(this.#catalogue === null ? [] : imageRows(this.#catalogue));
  readonly #app: Needs;
  #loads = 0;

  constructor(app: Needs) {
    this.#app = app;
  }

  get catalogue(): ImageCatalogue | null {
    return this.#catalogue;
  }

  /** Why something could not be done, until something else is. */
  get error(): string | null {
    return this.#error;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  get view(): ImagesView {
    return this.#view;
  }

  async load(): Promise<void> {
    const load = (this.#loads += 1);
    const result = await this.#app.bridge.call('image.catalogue', undefined);
    // A later one knows more.
    if (load !== this.#loads) return;
    if (result.ok) this.#catalogue = result.value;
    else this.#error = result.error.message;
  }

  back(): void {
    this.#error = null;
    this.#view = { kind: 'list' };
  }

  async plan(recipe: string, isUpdate: boolean): Promise<void> {
    await this.#ask(async () => {
      const result = await this.#app.bridge.call('image.plan', { recipe });
      if (result.ok) this.#view = { kind: 'plan', subject: { recipe, isUpdate }, plan: result.value };
      return result;
    });
  }

  async planFile(): Promise<void> {
    await this.#ask(async () => {
      const result = await this.#app.bridge.call('image.chooseRecipe', undefined);
      if (result.ok && result.value !== null) {
        const { token, plan } = result.value;
        this.#view = { kind: 'plan', subject: { token }, plan };
      }
      return result;
    });
  }

  async details(image: CatalogueImage): Promise<void> {
    await this.#ask(async () => {
      const result = await this.#app.bridge.call('image.details', { imageId: image.id });
      if (result.ok) this.#view = { kind: 'details', image, details: result.value };
      return result;
    });
  }

  askToRemove(image: CatalogueImage): void {
    this.#error = null;
    this.#view = { kind: 'remove', image };
  }

  async remove({ id, name }: CatalogueImage): Promise<void> {
    await this.#ask(async () => {
      const result = await this.#app.bridge.call('image.delete', { imageId: id });
      if (result.ok) {
        const { freedBytes } = result.value;
        this.#app.toasts.success(
          freedBytes === null
            ? t('images.removed', { name })
            : t('images.freed', { name, size: formatSize(freedBytes) }),
        );
        await this.load();
        this.#view = { kind: 'list' };
      }
      return result;
    });
  }

  /** Begins the build and shows the list; it goes on when the page is closed, and says how it ended. */
  async build(subject: BuildSubject): Promise<void> {
    const { build, toasts } = this.#app;
    if (build.state.kind === 'building') {
      this.#error = t('machine.new-other-build');
      return;
    }
    this.back();
    const image: ImageSummary | null = await ('token' in subject
      ? build.startChosen(subject.token)
      : build.start(subject.recipe));
    if (image) toasts.success(t('images.built', { name: image.name }));
    else if (build.state.kind === 'ended' && !build.state.wasCancelled) toasts.failure(build.state.message);
    await this.load();
  }

  async #ask(
    ask: () => Promise<{ readonly ok: true } | { readonly ok: false; readonly error: { readonly message: string } }>,
  ): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#error = null;
    try {
      const result = await ask();
      if (!result.ok) this.#error = result.error.message;
    } finally {
      this.#isBusy = false;
    }
  }
}
