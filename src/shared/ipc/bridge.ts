import type { Result } from '../result.ts';
import type { CallArgs, CallName, CallValue, ChosenFile, EventName, Events } from './contract.ts';

/**
 * What the preload puts on `window.terrarium`: the contract, and nothing else. `DroppedFile` is the
 * DOM's `File`, which this zone cannot name.
 */
export interface TerrariumBridge<DroppedFile = unknown> {
  call<Name extends CallName>(name: Name, args: CallArgs<Name>): Promise<Result<CallValue<Name>>>;
  /** @returns a function that stops listening */
  on<Name extends EventName>(name: Name, listener: (payload: Events[Name]) => void): () => void;
  /** Turns dropped `File` objects into tokens; their paths stay in the preload and main. */
  dropFiles(files: readonly DroppedFile[]): Promise<Result<readonly ChosenFile[]>>;
}

/** `window.postMessage` data that carries a VM's bulk port from the preload to the page. */
export interface PortMessage {
  readonly kind: 'terrarium.port';
  readonly portId: string;
}
