import type { ImageId, VmId } from '../shared/model/ids.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { FailureError } from '../shared/result.ts';
import type { Hold } from './claims/claims.ts';
import type { ProcessMark } from './claims/process-mark.ts';
import { describeHolder } from './claims/words.ts';
import type { LibraryParts } from './library-parts.ts';

const vmClaim = (id: VmId): string => `vm-${id}`;
const imageClaim = (id: ImageId): string => `image-${id}`;

/**
 * Makes a VM this process's own, as long as its machine runs: two machines that write the head of one VM would
 * each lose what the other did.
 * @throws FailureError `busy` at once when it runs already, here or elsewhere; `not-found`
 */
export async function holdVm({ vms, claims }: LibraryParts, id: VmId): Promise<Hold> {
  const { name } = await vms.get(id);
  const taken = await claims.hold(vmClaim(id));
  if (!('hold' in taken)) {
    throw taken.isOurs
      ? new FailureError('busy', `“${name}” is running already. Nothing was changed.`)
      : runsElsewhere(
          name,
          taken.holder,
          'Stop it there, or fork one of its snapshots to have a second machine like it.',
        );
  }
  try {
    // It may have been deleted between the two.
    await vms.get(id);
    return taken.hold;
  } catch (cause) {
    await taken.hold.release();
    throw cause;
  }
}

/** Runs a part of a change that no machine of another process may be in the way of. */
export async function whileNotElsewhere(
  { claims }: LibraryParts,
  vm: VmRecord,
  what: string,
  task: () => Promise<void>,
): Promise<void> {
  const taken = await claims.hold(vmClaim(vm.id));
  if (!('hold' in taken)) {
    if (!taken.isOurs) throw runsElsewhere(vm.name, taken.holder, `Stop it there, then ${what}.`);
    throw new FailureError('busy', `“${vm.name}” is running. Stop it first, then ${what}.`);
  }
  try {
    await task();
  } finally {
    await taken.hold.release();
  }
}

/** @throws FailureError `busy` while another process runs the VM */
export async function refuseElsewhere({ claims }: LibraryParts, vm: VmRecord, what: string): Promise<void> {
  const holder = await claims.holder(vmClaim(vm.id));
  if (holder?.isOurs === false) throw runsElsewhere(vm.name, holder.mark, `Stop it there, then ${what}.`);
}

/**
 * Keeps an image, with its files and its base snapshot, from being deleted by anyone. Many can hold it at once.
 * @throws FailureError `not-found`
 */
export function holdImage({ images, claims, change }: LibraryParts, id: ImageId): Promise<Hold> {
  // As a change: so it comes before a deletion, which then sees it, or after, and finds no image.
  return change(async () => {
    await images.get(id);
    return claims.share(imageClaim(id));
  });
}

/** Whether a machine of any process lives on the image now. */
export async function isHeld({ claims }: LibraryParts, id: ImageId): Promise<boolean> {
  return (await claims.sharers(imageClaim(id))).length > 0;
}

/** @throws FailureError `busy` while a machine of any process lives on the image */
export async function refuseHeld({ claims }: LibraryParts, { id, name }: ImageManifest): Promise<void> {
  const [holder] = await claims.sharers(imageClaim(id));
  if (holder) {
    throw new FailureError(
      'busy',
      `The image “${name}” is in use by a machine of ${describeHolder(holder)}, so it was kept. Stop that machine, then try again.`,
    );
  }
}

function runsElsewhere(name: string, holder: ProcessMark, advice: string): FailureError {
  return new FailureError(
    'busy',
    `“${name}” is running in ${describeHolder(holder)}, so nothing was changed. ${advice}`,
  );
}
