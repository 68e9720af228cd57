import type { StateId } from '../../../shared/model/ids.ts';
import { isLive } from '../../../shared/model/vm.ts';
import { restoreFailed, restoreNotNoted, restoreRefused, rewording } from './session-failures.ts';
import type { SessionKeeping } from './session-keeping.ts';
import type { SessionMachine } from './session-machine.svelte.ts';
import type { SessionStarts } from './session-starts.ts';

/**
 * Replaces a session's machine by one that goes on from a snapshot. A machine there is now is saved first; when the
 * snapshot does not start, the VM goes on from that.
 */
export async function restoreSession(
  machine: SessionMachine,
  starts: SessionStarts,
  keeping: SessionKeeping,
  snapshotId: StateId,
): Promise<void> {
  const { host } = machine.around;
  const goesBack = machine.isLive;
  const wasPaused = machine.state.kind === 'paused' && machine.powered === null;
  if (!goesBack) {
    machine.around.admit(machine.id);
  } else {
    // First of all: a state that is saved shares what it has in common with the snapshot, damage included, and what
    // runs now is given up only for something that works.
    await rewording(host.checkSnapshot(snapshotId), (caught) => restoreRefused(machine.name, caught));
    await rewording(keeping.saveHead(), (caught) => restoreRefused(machine.name, caught));
  }
  machine.move({ kind: 'restore' });
  machine.end();
  try {
    if (!(await starts.start({ kind: 'snapshot', snapshotId }))) return;
  } catch (caught) {
    if (!goesBack) {
      starts.didNotStart(caught);
      return;
    }
    // What was saved before is launched in its place.
    await starts.startOrFail({ kind: 'head' });
    const goesOn = isLive(machine.state);
    if (goesOn && wasPaused) await keeping.pause();
    throw restoreFailed(machine.name, goesOn, caught);
  }
  machine.checkpoints.begin();
  await rewording(host.restored(machine.id, snapshotId), (caught) => restoreNotNoted(machine.name, caught));
}
