import type { StateId, VmId } from '../shared/model/ids.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { FailureError } from '../shared/result.ts';
import type { LibraryParts } from './library-parts.ts';
import { getSnapshot } from './snapshot-changes.ts';
import { joinAround } from './snapshot-tree.ts';
import { freeVmName, withoutForwards } from './vm-changes.ts';

/**
 * A part of a change: a second VM with the state and settings of a first. Both resume from one head until either is
 * saved again: a head is removed only when no VM resumes from it.
 * @param state the VM as it runs now, a snapshot that was taken for this: it becomes the second one's head, and is in
 *   no list from then on. Null for a VM that is stopped
 * @throws FailureError `bad-input`, `exists`, `not-found`
 */
export async function duplicateVm(
  library: LibraryParts,
  id: VmId,
  origin: VmId,
  vmName: string,
  state: StateId | null,
): Promise<VmRecord> {
  const vm = await library.vms.get(origin);
  const name = await freeVmName(library, vmName, null);
  const snapshot = state === null ? null : await getSnapshot(library, state);
  if (snapshot !== null && snapshot.vmId !== origin)
    throw new FailureError('bad-input', `“${snapshot.name}” is no snapshot of “${vm.name}”. Nothing was changed.`);
  const from = snapshot === null ? vm : { head: snapshot.id, parent: snapshot.parent };
  const made = await library.vms.put({
    ...vm,
    id,
    name,
    createdAt: library.timestamp(),
    head: from.head,
    parent: from.parent,
    // A port of the host can lead to one VM only, and the first has it.
    network: withoutForwards(vm.network),
  });
  if (snapshot !== null) {
    // Afterwards: at a crash in between there is a snapshot too many, and nothing is lost.
    await joinAround(library, snapshot.id, snapshot.parent);
    await library.states.update(snapshot.id, { kind: 'head', name: '' });
  }
  return made;
}
