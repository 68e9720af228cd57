import CornerLeftUp from '@lucide/svelte/icons/corner-left-up';
import FileDiff from '@lucide/svelte/icons/file-diff';
import FileUp from '@lucide/svelte/icons/file-up';
import GitFork from '@lucide/svelte/icons/git-fork';
import Lock from '@lucide/svelte/icons/lock';
import LockOpen from '@lucide/svelte/icons/lock-open';
import NotebookPen from '@lucide/svelte/icons/notebook-pen';
import Pencil from '@lucide/svelte/icons/pencil';
import Trash from '@lucide/svelte/icons/trash';
import type { SnapshotSummary } from '../../../../shared/model/state.ts';
import type { MenuItem } from '../../ui/menu-item.ts';
import type { SnapshotActions } from './snapshot-actions.ts';
import { t } from '../../text/text.svelte.ts';

/** What there is to do with a snapshot beside restoring it. */
export function snapshotMenu(
  snapshot: SnapshotSummary,
  actions: SnapshotActions,
  { hasParent }: { readonly hasParent: boolean },
): readonly MenuItem[] {
  // Of a damaged one only what does not read it.
  const isDisabled = snapshot.damage !== null;
  const { isProtected } = snapshot;
  return [
    { title: t('snapshots.menu-fork'), icon: GitFork, isDisabled, onselect: () => actions.ask('fork', snapshot) },
    {
      title: t('snapshots.menu-rename'),
      icon: Pencil,
      isDisabled,
      onselect: () => actions.ask('rename-snapshot', snapshot),
    },
    {
      title: t('snapshots.menu-describe'),
      icon: NotebookPen,
      isDisabled,
      onselect: () => actions.ask('describe-snapshot', snapshot),
    },
    {
      title: isProtected ? t('snapshots.menu-unprotect') : t('snapshots.menu-protect'),
      icon: isProtected ? LockOpen : Lock,
      isDisabled,
      onselect: () => void actions.setProtected(snapshot, !isProtected),
    },
    {
      title: t('compare.menu'),
      icon: FileDiff,
      isDisabled,
      onselect: () => actions.ask('compare-snapshots', snapshot),
    },
    {
      title: t('snapshots.menu-up'),
      icon: CornerLeftUp,
      isDisabled: isDisabled || !hasParent,
      onselect: () => void actions.moveUp(snapshot),
    },
    {
      title: t('snapshots.export'),
      icon: FileUp,
      isDisabled,
      onselect: () => actions.ask('export-snapshot', snapshot),
    },
    {
      title: t('snapshots.menu-delete'),
      icon: Trash,
      tone: 'danger',
      startsGroup: true,
      onselect: () => actions.ask('delete-snapshot', snapshot),
    },
  ];
}
