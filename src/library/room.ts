import { statfs } from 'node:fs/promises';
import { MIB } from '../shared/model/limits.ts';
import { sizeText } from '../shared/model/size-text.ts';
import type { LibraryUsage, StateManifest } from '../shared/model/state.ts';
import { FailureError } from '../shared/result.ts';
import { errorCode } from './durable.ts';

/** A state of a machine that has worked since its last one: with less, saving would most likely fail half-way. */
export const ROOM_MIN_BYTES = 64 * MIB;
/** More names than these do not help who needs room now. */
const SUGGESTED = 3;

export interface Room {
  /** What may still be written into the library's folder. */
  freeBytes(): Promise<number>;
  usage(): Promise<LibraryUsage>;
  snapshots(): Promise<readonly Pick<StateManifest, 'id' | 'name' | 'isProtected'>[]>;
}

/** What the file system of a folder has left for whoever is no administrator, as far as it says. */
export async function freeBytesOf(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (cause) {
    // A file system that cannot be asked is no reason not to try.
    if (errorCode(cause) === null) throw cause;
    return Number.POSITIVE_INFINITY;
  }
}

/** Before a state is written. @throws FailureError `disk-full` that says which snapshots take the most */
export async function refuseWithoutRoom(room: Room): Promise<void> {
  const freeBytes = await room.freeBytes();
  if (freeBytes >= ROOM_MIN_BYTES) return;
  const advice = await suggestion(room);
  throw new FailureError(
    'disk-full',
    `Only ${sizeText(freeBytes)} of the disk are free, and saving a machine may take ${sizeText(ROOM_MIN_BYTES)}. Nothing was saved, and everything saved before is untouched. ${advice}`,
  );
}

async function suggestion(room: Room): Promise<string> {
  try {
    const [{ snapshots: used }, snapshots] = await Promise.all([room.usage(), room.snapshots()]);
    const largest = used
      .flatMap(({ id, uniqueBytes }) => {
        const snapshot = snapshots.find((one) => one.id === id);
        return snapshot && !snapshot.isProtected && uniqueBytes > 0 ? [{ name: snapshot.name, uniqueBytes }] : [];
      })
      .sort((a, b) => b.uniqueBytes - a.uniqueBytes)
      .slice(0, SUGGESTED);
    if (largest.length > 0) {
      const named = largest.map(({ name, uniqueBytes }) => `“${name}” (${sizeText(uniqueBytes)})`);
      return `Deleting these snapshots would free the most: ${named.join(', ')}.`;
    }
  } catch (cause) {
    // A library that cannot be read through now has no names to offer.
    if (!(cause instanceof FailureError)) throw cause;
  }
  return 'Free some space elsewhere, then try again.';
}
