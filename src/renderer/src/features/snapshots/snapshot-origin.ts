import type { SnapshotSummary } from '../../../../shared/model/state.ts';
import { t } from '../../text/text.svelte.ts';

type Origin = Pick<SnapshotSummary, 'name' | 'vmId' | 'vmName'>;

/** Where a snapshot came from. One without a VM was taken by the command, of a machine that is gone. */
export function snapshotOrigin({ vmId, vmName }: Origin): string {
  return vmId === null ? t('snapshots.from-command', { name: vmName }) : t('snapshots.from-vm', { name: vmName });
}

/** What a person may fear for when a snapshot is forked. */
export function unchangedByFork({ vmId, vmName }: Origin): string {
  return vmId === null ? t('snapshots.the-snapshot') : vmName;
}

/** What a fork is called unless a person says otherwise: a snapshot of the command has the better name. */
export function forkName({ name, vmId, vmName }: Origin): string {
  return vmId === null ? name : t('snapshots.fork-name', { name: vmName });
}
