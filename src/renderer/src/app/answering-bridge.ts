import type { TerrariumBridge } from '../../../shared/ipc/bridge.ts';
import { toErr } from '../../../shared/result.ts';

/** A bridge whose calls always answer: a call that main could not even take becomes an `Err` to show. */
export function answeringBridge(bridge: TerrariumBridge): TerrariumBridge {
  return {
    call: (name, args) => bridge.call(name, args).catch(toErr),
    on: (name, listener) => bridge.on(name, listener),
    dropFiles: (files) => bridge.dropFiles(files).catch(toErr),
  };
}
