import { NAME_MAX_CHARACTERS } from '../shared/model/limits.ts';
import type { StateManifest } from '../shared/model/state.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { FailureError } from '../shared/result.ts';
import type { LibraryParts } from './library-parts.ts';

/**
 * A part of a change: makes the head that a restore replaces a snapshot, so that the restore can be undone.
 * @returns it; null when there is none to keep: the VM was never saved, or resumes from a snapshot already
 */
export async function keepBeforeRestore(
  { states }: LibraryParts,
  vm: VmRecord,
  restored: StateManifest,
): Promise<StateManifest | null> {
  if (vm.head === null || vm.head === restored.id) return null;
  try {
    if ((await states.get(vm.head)).kind !== 'head') return null;
    return await states.update(vm.head, { kind: 'snapshot', name: nameBefore(restored), madeBy: 'restore' });
  } catch (cause) {
    // A damaged or missing head cannot be gone back to; it must not keep the VM from being restored.
    if (cause instanceof FailureError && ['damaged', 'not-found'].includes(cause.code)) return null;
    throw cause;
  }
}

/** Ends in an ellipsis where the whole name would be too long. */
function nameBefore({ name, madeBy }: StateManifest): string {
  if (madeBy === 'restore') return 'Before undoing a restore';
  const letters = Array.from(name);
  const room = NAME_MAX_CHARACTERS - Array.from('Before restoring “”').length;
  const shown = letters.length <= room ? name : `${letters.slice(0, room - 1).join('')}…`;
  return `Before restoring “${shown}”`;
}
