import type { ImageId } from '../shared/model/ids.ts';
import { FailureError } from '../shared/result.ts';
import { refuseHeld } from './holds.ts';
import type { LibraryParts } from './library-parts.ts';

/** A sentence that names more of them says no more. */
const USERS_SHOWN = 3;

/**
 * A part of a change: removes an image and its base snapshot; its files may be needed by others.
 * @throws FailureError `busy` while a VM, a snapshot or a running machine needs it
 */
export async function deleteImage(library: LibraryParts, id: ImageId): Promise<void> {
  const { images, vms, states } = library;
  const image = await images.get(id);
  const { records } = await vms.list();
  const ofImage = records.filter((vm) => vm.imageId === id);
  const users = ofImage.filter((vm) => vm.deletedAt === undefined).map((vm) => `VM “${vm.name}”`);
  const snapshots = (await states.list()).states.filter(
    (state) => state.kind === 'snapshot' && state.config.imageId === id,
  );
  users.push(...snapshots.map((state) => `snapshot “${state.name}”`));
  if (users.length > 0) {
    const more = users.length - USERS_SHOWN;
    const shown = users.slice(0, USERS_SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
    throw new FailureError('busy', `The image “${image.name}” is needed by ${shown}, so it was kept.`);
  }
  await refuseHeld(library, image);
  // VMs that could be had back cannot be without it; their heads are garbage that the next clean-up finds.
  for (const vm of ofImage) await vms.remove(vm.id);
  await images.remove(id);
  // The image is gone now. A base snapshot that cannot be removed is garbage that the next clean-up finds.
  await Promise.allSettled([states.remove(image.base)]);
}
