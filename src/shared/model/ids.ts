import { err, ok, type Result } from '../result.ts';

declare const brand: unique symbol;
type Id<Name extends string> = string & { readonly [brand]: Name };

export type VmId = Id<'vm'>;
export type StateId = Id<'state'>;
export type ImageId = Id<'image'>;

/** Ids are file names on disk: lower-case letters, digits and dashes, so no path can hide in one. */
const ID_PATTERN = /^[a-z0-9][a-z0-9-]{0,63}$/;

function parseId<T extends string>(kind: string, text: string): Result<T> {
  return ID_PATTERN.test(text) ? ok(text as T) : err('bad-input', `“${text.slice(0, 80)}” is not the id of a ${kind}.`);
}

export const parseVmId = (text: string): Result<VmId> => parseId('VM', text);
export const parseStateId = (text: string): Result<StateId> => parseId('snapshot', text);
export const parseImageId = (text: string): Result<ImageId> => parseId('image', text);

/**
 * A fresh id from 16 random hexadecimal digits (64 bits: no collision in any one library).
 * @param randomBytes gives that many random bytes; injected so planners and tests are deterministic
 */
export function newId<T extends VmId | StateId>(prefix: 'vm' | 'st', randomBytes: (count: number) => Uint8Array): T {
  const hex = Array.from(randomBytes(8), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${prefix}-${hex}` as T;
}
