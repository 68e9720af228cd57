import type { TerrariumBridge } from '../../../shared/ipc/bridge.ts';
import { err, toErr, type Result } from '../../../shared/result.ts';
import { said } from '../text/text.svelte.ts';

/**
 * A bridge whose calls always answer: a call that main could not even take becomes an `Err` to show. Its sentences are in
 * the language of the page.
 */
export function answeringBridge(bridge: TerrariumBridge): TerrariumBridge {
  return {
    call: (name, args) => bridge.call(name, args).catch(toErr).then(inWords),
    on: (name, listener) => bridge.on(name, listener),
    dropFiles: (files) => bridge.dropFiles(files).catch(toErr).then(inWords),
  };
}

function inWords<Value>(result: Result<Value>): Result<Value> {
  return result.ok ? result : err(result.error.code, said(result.error.message));
}
