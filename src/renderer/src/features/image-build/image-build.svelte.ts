import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import type { CallArgs, ImportedImage } from '../../../../shared/ipc/contract.ts';
import type { BuildProgress, ImageSummary, RecipeName } from '../../../../shared/model/image.ts';
import type { Result } from '../../../../shared/result.ts';

export type BuildState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'building'; readonly progress: BuildProgress | null }
  | { readonly kind: 'ended'; readonly wasCancelled: boolean; readonly message: string };

/** The one image build that can be under way. */
export class ImageBuild {
  #state: BuildState = $state.raw({ kind: 'idle' });
  #isCancelling = $state(false);
  readonly #bridge: TerrariumBridge;

  constructor(bridge: TerrariumBridge) {
    this.#bridge = bridge;
  }

  get state(): BuildState {
    return this.#state;
  }

  get isCancelling(): boolean {
    return this.#isCancelling;
  }

  /** @returns the image, or null when the build failed or was cancelled; {@link state} says why */
  start(recipe: RecipeName): Promise<ImageSummary | null> {
    return this.#run(() => this.#bridge.call('image.build', { recipe, kernel: 'auto' }));
  }

  /** Of a recipe's file that a person chose. @returns as {@link start} */
  startChosen(token: string): Promise<ImageSummary | null> {
    return this.#run(() => this.#bridge.call('image.buildChosen', { token }));
  }

  /** Of a file that a person chose. @returns as {@link start}, with what is to be said of it */
  startImport(request: CallArgs<'image.import'>): Promise<ImportedImage | null> {
    return this.#run(() => this.#bridge.call('image.import', request));
  }

  async #run<T>(build: () => Promise<Result<T>>): Promise<T | null> {
    if (this.#state.kind === 'building') return null;
    this.#isCancelling = false;
    this.#state = { kind: 'building', progress: null };
    const result = await build();
    if (result.ok) {
      this.#state = { kind: 'idle' };
      return result.value;
    }
    const { code, message } = result.error;
    this.#state = { kind: 'ended', wasCancelled: code === 'cancelled', message };
    return null;
  }

  async cancel(): Promise<void> {
    if (this.#state.kind !== 'building') return;
    this.#isCancelling = true;
    const result = await this.#bridge.call('image.cancelBuild', undefined);
    if (!result.ok) this.#isCancelling = false;
  }

  take(progress: BuildProgress): void {
    if (this.#state.kind === 'building') this.#state = { ...this.#state, progress };
  }
}
