import type { VmId } from './ids.ts';

/** Of a network card, six bytes as text: `02:00:00:00:00:01`. */
export type Mac = string;

/** FNV-1a with 64 bits: spreads ids that differ in one character over all bits. */
const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

/**
 * The network card's address of a VM: the same at every start, another one for each VM. The first byte says that it is
 * locally administered and no group, as an address must be that no maker was given.
 */
export function vmMac(vmId: VmId): Mac {
  let hash = FNV_OFFSET;
  // Ids are ASCII.
  for (const character of vmId) hash = BigInt.asUintN(64, (hash ^ BigInt(character.charCodeAt(0))) * FNV_PRIME);
  const hex = (hash >> 24n).toString(16).padStart(10, '0');
  return ['02', ...(hex.match(/../g) ?? [])].join(':');
}

/** The six numbers of a MAC; null for anything else. */
export function macNumbers(mac: Mac): readonly number[] | null {
  if (!/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/.test(mac)) return null;
  return mac.split(':').map((byte) => Number.parseInt(byte, 16));
}
