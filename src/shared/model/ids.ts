import { err, ok, type Result } from '../result.ts';

declare const brand: unique symbol;
type Id<Name extends string> = string & { readonly [brand]: Name };

export type VmId = Id<'vm'>;
export type StateId = Id<'state'>;
export type ImageId = Id<'image'>;

/** Ids are file names on disk: lower-case letters, digits and dashes, so no path can hide in one. */
const ID_PATTERN = /^[a-z0-9][a-z0-9-]{0,63}$/;

function parseId(kind: string, text: string): Result<string> {
  return ID_PATTERN.test(text) ? ok(text) : err('bad-input', `“${text.slice(0, 80)}” is not the id of a ${kind}.`);
}

// The brand has no value at run time; these are the only places that give it.
export const parseVmId = (text: string): Result<VmId> => parseId('VM', text) as Result<VmId>;
export const parseStateId = (text: string): Result<StateId> => parseId('snapshot', text) as Result<StateId>;
export const parseImageId = (text: string): Result<ImageId> => parseId('image', text) as Result<ImageId>;

/**
 * A fresh id from 16 random hexadecimal digits (64 bits: no collision in any one library).
 * @param randomBytes gives that many random bytes; injected so planners and tests are deterministic
 */
function newId(prefix: 'vm' | 'st', randomBytes: (count: number) => Uint8Array): string {
  const hex = Array.from(randomBytes(8), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${prefix}-${hex}`;
}

export const newVmId = (randomBytes: (count: number) => Uint8Array): VmId => newId('vm', randomBytes) as VmId;
export const newStateId = (randomBytes: (count: number) => Uint8Array): StateId => newId('st', randomBytes) as StateId;
