import type { ScreenInput } from './screen-frame.ts';

/** What hands do while a state's memory is copied is far less. */
const INPUTS_MAX = 64;
/** In scan codes set 1 what lets go of a key has this bit, and so has the prefix of further keys. */
const RELEASE_BIT = 0x80;

/** What a person does to the screen of a machine that stands still for a moment: it happens once it goes on. */
export class HeldInput {
  private inputs: ScreenInput[] = [];

  /** @param isPaused by a person: nobody types to it then, but keys and buttons that were down come up */
  keep(input: ScreenInput, isPaused: boolean): void {
    // Where the pointer was meanwhile, nobody wants to know afterwards.
    if (input.kind === 'move' || (isPaused && !letsGo(input))) return;
    if (this.inputs.length >= INPUTS_MAX) this.inputs.shift();
    this.inputs.push(input);
  }

  take(): readonly ScreenInput[] {
    return this.inputs.splice(0);
  }
}

function letsGo(input: ScreenInput): boolean {
  if (input.kind === 'keys') return input.codes.every((code) => (code & RELEASE_BIT) !== 0);
  return input.kind === 'buttons' && !input.left && !input.middle && !input.right;
}
