import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import type { BuildProgress, ImageSummary, RecipeName } from '../../../../shared/model/image.ts';

export type BuildState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'building'; readonly recipe: RecipeName; readonly progress: BuildProgress | null }
  | { readonly kind: 'ended'; readonly recipe: RecipeName; readonly wasCancelled: boolean; readonly message: string };

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
  async start(recipe: RecipeName): Promise<ImageSummary | null> {
    if (this.#state.kind === 'building') return null;
    this.#isCancelling = false;
    this.#state = { kind: 'building', recipe, progress: null };
    const result = await this.#bridge.call('image.build', { recipe, kernel: 'auto' });
    if (result.ok) {
      this.#state = { kind: 'idle' };
      return result.value;
    }
    const { code, message } = result.error;
    this.#state = { kind: 'ended', recipe, wasCancelled: code === 'cancelled', message };
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
