import type { VmId } from '../../../../shared/model/ids.ts';
import type { SnapshotSummary } from '../../../../shared/model/state.ts';
import { formatSize } from '../../text/format-size.ts';
import { formatWhen } from '../../text/format-when.ts';
import { snapshotOrigin } from './snapshot-origin.ts';

type Facts = Pick<SnapshotSummary, 'createdAt' | 'newBytes'>;

/** The line under a snapshot's name. */
export function factsLine({ createdAt, newBytes }: Facts, nowMs: number): string {
  return `${formatWhen(createdAt, nowMs)} · adds ${formatSize(newBytes)}`;
}

/** Why there is a snapshot that no person asked for; null for others. */
export function makerWords(madeBy: SnapshotSummary['madeBy']): string | null {
  if (madeBy === 'timer') return 'Taken by the clock';
  return madeBy === 'restore' ? 'Kept before a restore' : null;
}

type Details = Pick<SnapshotSummary, 'madeBy' | 'name' | 'vmId' | 'vmName' | 'sizeBytes'>;

/** The sentence in its details: where it is from, beside another VM than that, and what it takes. */
export function detailsLine(snapshot: Details, uniqueBytes: number | undefined, beside: VmId): string {
  const parts = [
    ...(snapshot.vmId === beside ? [] : [snapshotOrigin(snapshot)]),
    `${formatSize(snapshot.sizeBytes)} whole`,
    ...(uniqueBytes === undefined ? [] : [`frees ${formatSize(uniqueBytes)} if deleted`]),
  ];
  return parts.join(' · ');
}

/** What becomes of the rest when a snapshot is deleted. */
export function deletionWords(
  uniqueBytes: number | undefined,
  children: number,
  parentName: string | undefined,
): string {
  const frees = uniqueBytes === undefined ? '' : ` This frees ${formatSize(uniqueBytes)}.`;
  const goesOn =
    children === 1 ? 'The snapshot that goes on from it stays' : `The ${children} snapshots that go on from it stay`;
  const stay = children === 0 ? '' : ` ${goesOn}${parentName === undefined ? '.' : `, now after “${parentName}”.`}`;
  return `No VM can go back to this moment any more; VMs that were forked from it stay.${stay}${frees}`;
}
