import { MediaQuery } from 'svelte/reactivity';
import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../../../shared/model/settings.ts';
import type { Notices } from '../../vm/notices.ts';

const FONT_SIZE_MIN = 8;
const FONT_SIZE_MAX = 32;

/** The settings as they show now. A change shows at once and is taken back if main refuses it. */
export class SettingsStore {
  #current: Settings = $state.raw(DEFAULT_SETTINGS);
  readonly #systemIsDark = new MediaQuery('prefers-color-scheme: dark');
  readonly theme: 'light' | 'dark' = $derived.by(() => {
    if (this.#current.theme !== 'system') return this.#current.theme;
    return this.#systemIsDark.current ? 'dark' : 'light';
  });
  readonly #bridge: TerrariumBridge;
  readonly #notices: Notices;

  constructor(bridge: TerrariumBridge, notices: Notices) {
    this.#bridge = bridge;
    this.#notices = notices;
  }

  get current(): Settings {
    return this.#current;
  }

  async load(): Promise<void> {
    const result = await this.#bridge.call('settings.get', undefined);
    if (result.ok) this.take(result.value);
    else this.#notices.failure(result.error.message);
  }

  take(settings: Settings): void {
    this.#current = settings;
  }

  async set(patch: Partial<Settings>): Promise<void> {
    const before = this.#current;
    this.#current = { ...before, ...patch };
    const result = await this.#bridge.call('settings.set', patch);
    if (result.ok) {
      this.#current = result.value;
    } else {
      this.#current = before;
      this.#notices.failure(result.error.message);
    }
  }

  /** Shows a sidebar width while it is dragged; `set` keeps it. */
  previewSidebarWidth(sidebarWidth: number): void {
    this.#current = { ...this.#current, sidebarWidth };
  }

  zoomTerminal(step: 'zoom-in' | 'zoom-out' | 'zoom-reset'): void {
    const now = this.#current.terminalFontSize;
    const wanted = step === 'zoom-reset' ? DEFAULT_SETTINGS.terminalFontSize : step === 'zoom-in' ? now + 1 : now - 1;
    const terminalFontSize = Math.min(FONT_SIZE_MAX, Math.max(FONT_SIZE_MIN, wanted));
    if (terminalFontSize !== now) void this.set({ terminalFontSize });
  }
}
