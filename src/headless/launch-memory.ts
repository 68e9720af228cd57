import type { ImageManifest } from '../shared/model/image.ts';
import { parseMemoryMib } from '../shared/model/names.ts';
import type { StateManifest } from '../shared/model/state.ts';
import { FailureError, unwrap } from '../shared/result.ts';

/**
 * The memory of a machine that starts from an image or a snapshot.
 * @param wanted null for what the image or snapshot has
 * @throws FailureError `bad-input` for no memory size, `config-mismatch` for another one than the snapshot's
 */
export function launchMemory(image: ImageManifest, snapshot: StateManifest | null, wanted: number | null): number {
  if (wanted === null) return snapshot?.config.memoryMib ?? image.memoryMib;
  const memoryMib = unwrap(parseMemoryMib(wanted));
  if (snapshot !== null && memoryMib !== snapshot.config.memoryMib) {
    throw new FailureError(
      'config-mismatch',
      `The snapshot “${snapshot.name}” has ${snapshot.config.memoryMib} MiB of memory, and a machine that starts from it has as much. Leave the size out, or start from the image.`,
    );
  }
  return memoryMib;
}
