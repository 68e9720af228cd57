import type { Checkpoints } from '../shared/model/checkpoints.ts';
import type { ImageId, StateId, VmId } from '../shared/model/ids.ts';
import { parseMemoryMib, parseName, parseTags } from '../shared/model/names.ts';
import { DEFAULT_NETWORK, type NetworkSettings } from '../shared/model/network.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { FailureError, unwrap } from '../shared/result.ts';
import { refuseElsewhere, whileNotElsewhere } from './holds.ts';
import type { LibraryParts } from './library-parts.ts';
import { keepBeforeRestore } from './restores.ts';
import { pruneAutomatic } from './automatic-snapshots.ts';
import { getSnapshot } from './snapshot-changes.ts';
import { removeIfHead } from './state-saves.ts';

/* Parts of changes: each runs while nobody else changes the library. */

export interface VmRequest {
  readonly name: string;
  readonly imageId: ImageId;
  readonly memoryMib: number;
}

/** @throws FailureError `bad-input` for a bad name or memory size, `not-found` for an unknown image, `exists` */
export async function createVm(library: LibraryParts, id: VmId, request: VmRequest): Promise<VmRecord> {
  const name = await freeVmName(library, request.name, null);
  const memoryMib = unwrap(parseMemoryMib(request.memoryMib));
  const image = await library.images.get(request.imageId);
  return library.vms.put({
    id,
    name,
    imageId: image.id,
    memoryMib,
    createdAt: library.timestamp(),
    head: null,
    parent: null,
    network: image.network === undefined ? DEFAULT_NETWORK : { ...DEFAULT_NETWORK, profile: image.network },
    checkpoints: null,
    tags: [],
  });
}

/** @throws FailureError `not-found` for what is no snapshot, `exists` */
export async function forkSnapshot(
  library: LibraryParts,
  id: VmId,
  snapshotId: StateId,
  vmName: string,
): Promise<VmRecord> {
  const snapshot = await getSnapshot(library, snapshotId);
  const name = await freeVmName(library, vmName, null);
  const { imageId, memoryMib } = snapshot.config;
  await library.images.get(imageId);
  return library.vms.put({
    id,
    name,
    imageId,
    memoryMib,
    createdAt: library.timestamp(),
    head: snapshotId,
    parent: snapshotId,
    network: await networkForFork(library, snapshot.vmId),
    checkpoints: null,
    tags: await tagsForFork(library, snapshot.vmId),
  });
}

/** @throws FailureError `bad-input`, `exists`, `not-found` */
export async function renameVm({ vms }: LibraryParts, id: VmId, newName: string): Promise<VmRecord> {
  const vm = await vms.get(id);
  return vms.put({ ...vm, name: await freeVmName({ vms }, newName, id) });
}

/** Settings that nothing else in the library depends on. @throws FailureError `bad-input` for what is no tag */
export async function setOfVm(
  { vms }: LibraryParts,
  id: VmId,
  settings:
    | { readonly network: NetworkSettings }
    | { readonly checkpoints: Checkpoints | null }
    | { readonly tags: readonly string[] },
): Promise<VmRecord> {
  const checked = 'tags' in settings ? { tags: unwrap(parseTags(settings.tags, 'VM')) } : settings;
  return vms.put({ ...(await vms.get(id)), ...checked });
}

/** @throws FailureError `not-found`, `config-mismatch` for a snapshot of another image or memory size */
export async function makeHead(library: LibraryParts, vmId: VmId, snapshotId: StateId): Promise<VmRecord> {
  const vm = await library.vms.get(vmId);
  await refuseElsewhere(library, vm, 'restore it here');
  const snapshot = await getSnapshot(library, snapshotId);
  const { name, config } = snapshot;
  if (config.imageId !== vm.imageId || config.memoryMib !== vm.memoryMib) {
    throw new FailureError(
      'config-mismatch',
      `The snapshot “${name}” is of image ${config.imageId} with ${config.memoryMib} MiB, “${vm.name}” has image ${vm.imageId} with ${vm.memoryMib} MiB. Both were kept as they are: fork the snapshot to run it.`,
    );
  }
  // Before the record changes: at a crash in between the VM resumes from it, as it would have.
  const kept = await keepBeforeRestore(library, vm, snapshot);
  const changed = await library.vms.put({ ...vm, head: snapshotId, parent: snapshotId });
  // Afterwards: what the VM resumes from now may be the oldest of its kind.
  if (kept !== null) await pruneAutomatic(library, kept);
  return changed;
}

/** @throws FailureError `busy` while it runs, here or elsewhere */
export async function deleteVm(library: LibraryParts, id: VmId): Promise<void> {
  const vm = await library.vms.get(id);
  await whileNotElsewhere(library, vm, 'delete it', async () => {
    await library.vms.remove(id);
    await removeIfHead(library, vm.head);
  });
}

async function tagsForFork({ vms }: LibraryParts, vmId: VmId | null): Promise<readonly string[]> {
  return (await vms.list()).records.find((vm) => vm.id === vmId)?.tags ?? [];
}

async function networkForFork({ vms }: LibraryParts, vmId: VmId | null): Promise<NetworkSettings> {
  const { records } = await vms.list();
  const origin = records.find((vm) => vm.id === vmId);
  // A port of the host can lead to one VM only, and the original has it.
  return origin ? withoutForwards(origin.network) : DEFAULT_NETWORK;
}

export function withoutForwards(network: NetworkSettings): NetworkSettings {
  return { ...network, forwards: [] };
}

/** @param self the VM that may have the name already */
export async function freeVmName({ vms }: Pick<LibraryParts, 'vms'>, text: string, self: VmId | null): Promise<string> {
  const name = unwrap(parseName('VM', text));
  const { records } = await vms.list();
  if (records.some((vm) => vm.name === name && vm.id !== self && vm.deletedAt === undefined)) {
    throw new FailureError('exists', `There is a VM called “${name}” already. Choose another name.`);
  }
  return name;
}
