import CornerLeftUp from '@lucide/svelte/icons/corner-left-up';
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
    { title: 'Fork as…', icon: GitFork, isDisabled, onselect: () => actions.ask('fork', snapshot) },
    { title: 'Rename…', icon: Pencil, isDisabled, onselect: () => actions.ask('rename-snapshot', snapshot) },
    {
      title: 'Note and tags…',
      icon: NotebookPen,
      isDisabled,
      onselect: () => actions.ask('describe-snapshot', snapshot),
    },
    {
      title: isProtected ? 'Lift protection' : 'Protect',
      icon: isProtected ? LockOpen : Lock,
      isDisabled,
      onselect: () => void actions.setProtected(snapshot, !isProtected),
    },
    {
      title: 'Move up',
      icon: CornerLeftUp,
      isDisabled: isDisabled || !hasParent,
      onselect: () => void actions.moveUp(snapshot),
    },
    { title: 'Export…', icon: FileUp, isDisabled, onselect: () => actions.ask('export-snapshot', snapshot) },
    {
      title: 'Delete…',
      icon: Trash,
      tone: 'danger',
      startsGroup: true,
      onselect: () => actions.ask('delete-snapshot', snapshot),
    },
  ];
}
