import type { TerrariumBridge } from '../../shared/ipc/bridge.ts';

declare global {
  interface Window {
    /** Put there by the preload; the page's only way to the main process. */
    readonly terrarium: TerrariumBridge;
  }
}
