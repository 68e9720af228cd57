import type { VmId } from '../../../../shared/model/ids.ts';
import type { SnapshotSummary } from '../../../../shared/model/state.ts';
import { formatSize } from '../../text/format-size.ts';
import { formatWhen } from '../../text/format-when.ts';
import { joinSentences, t } from '../../text/text.svelte.ts';
import { snapshotOrigin } from './snapshot-origin.ts';

type Facts = Pick<SnapshotSummary, 'createdAt' | 'newBytes'>;

/** The line under a snapshot's name. */
export function factsLine({ createdAt, newBytes }: Facts, nowMs: number): string {
  return t('snapshots.adds', { when: formatWhen(createdAt, nowMs), size: formatSize(newBytes) });
}

/** Why there is a snapshot that no person asked for; null for others. */
export function makerWords(madeBy: SnapshotSummary['madeBy']): string | null {
  if (madeBy === 'timer') return t('snapshots.by-clock');
  return madeBy === 'restore' ? t('snapshots.by-restore') : null;
}

type Details = Pick<SnapshotSummary, 'madeBy' | 'name' | 'vmId' | 'vmName' | 'sizeBytes'>;

/** The sentence in its details: where it is from, beside another VM than that, and what it takes. */
export function detailsLine(snapshot: Details, uniqueBytes: number | undefined, beside: VmId): string {
  const parts = [
    ...(snapshot.vmId === beside ? [] : [snapshotOrigin(snapshot)]),
    t('snapshots.whole', { size: formatSize(snapshot.sizeBytes) }),
    ...(uniqueBytes === undefined ? [] : [t('snapshots.frees', { size: formatSize(uniqueBytes) })]),
  ];
  return parts.join(' · ');
}

/** What becomes of the rest when a snapshot is deleted. */
export function deletionWords(
  uniqueBytes: number | undefined,
  children: number,
  parentName: string | undefined,
): string {
  const stay =
    parentName === undefined
      ? t('snapshots.deletion-stay', { count: children })
      : t('snapshots.deletion-after', { count: children, parent: parentName });
  return joinSentences([
    t('snapshots.deletion'),
    ...(children === 0 ? [] : [stay]),
    ...(uniqueBytes === undefined ? [] : [t('snapshots.deletion-frees', { size: formatSize(uniqueBytes) })]),
  ]);
}
