import type { VmId } from '../shared/model/ids.ts';
import { NAME_MAX_CHARACTERS } from '../shared/model/limits.ts';
import { DELETED_VM_KEPT_MS, type VmRecord } from '../shared/model/vm.ts';
import { FailureError } from '../shared/result.ts';
import { whileNotElsewhere } from './holds.ts';
import type { LibraryParts } from './library-parts.ts';
import { removeIfHead } from './state-saves.ts';

/*
 * Deleting so that it can be taken back: the record says that it is deleted, and nothing else changes until the VM is
 * removed for good. These are parts of changes: each runs while nobody else changes the library.
 */

/** @throws FailureError `busy` while it runs, here or elsewhere; `not-found` */
export async function deleteForNow(library: LibraryParts, id: VmId): Promise<VmRecord> {
  const vm = await library.vms.get(id);
  const deleted = { ...vm, deletedAt: library.timestamp() };
  await whileNotElsewhere(library, vm, 'delete it', async () => {
    await library.vms.put(deleted);
  });
  return deleted;
}

/** Takes a deletion back; under another name when a person has given its own away meanwhile. @throws FailureError `not-found` */
export async function undelete({ vms }: LibraryParts, id: VmId): Promise<VmRecord> {
  const deleted = await vms.getDeleted(id).catch((cause: unknown) => {
    if (!(cause instanceof FailureError) || cause.code !== 'not-found') throw cause;
    throw new FailureError('not-found', 'That VM cannot be had back any more: it is deleted for good.', { cause });
  });
  const vm: VmRecord = { ...deleted };
  delete (vm as { deletedAt?: string }).deletedAt;
  const { records } = await vms.list();
  const taken = new Set(records.filter((one) => one.deletedAt === undefined).map(({ name }) => name));
  return vms.put({ ...vm, name: nameBeside(vm.name, taken) });
}

/** Removes deleted VMs and their heads for good. @param isDue of those that are deleted */
export async function removeDeleted(library: LibraryParts, isDue: (vm: VmRecord) => boolean): Promise<void> {
  const due = (await library.vms.list()).records.filter((vm) => vm.deletedAt !== undefined && isDue(vm));
  for (const vm of due) {
    await library.vms.remove(vm.id);
    await removeIfHead(library, vm.head);
  }
}

/** Whether a deleted VM's time is over. A clock that was set back does not keep it for ever. */
export function isDeletionOver({ deletedAt }: Pick<VmRecord, 'deletedAt'>, nowMs: number): boolean {
  return deletedAt !== undefined && !(Math.abs(nowMs - Date.parse(deletedAt)) < DELETED_VM_KEPT_MS);
}

function nameBeside(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number += 1) {
    const ending = ` ${number}`;
    free =
      Array.from(name)
        .slice(0, NAME_MAX_CHARACTERS - ending.length)
        .join('') + ending;
  }
  return free;
}
