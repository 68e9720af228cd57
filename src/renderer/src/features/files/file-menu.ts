import Clipboard from '@lucide/svelte/icons/clipboard';
import Download from '@lucide/svelte/icons/download';
import Eye from '@lucide/svelte/icons/eye';
import FolderOpen from '@lucide/svelte/icons/folder-open';
import Hash from '@lucide/svelte/icons/hash';
import PenLine from '@lucide/svelte/icons/pen-line';
import Trash2 from '@lucide/svelte/icons/trash';
import { t } from '../../text/text.svelte.ts';
import type { MenuItem } from '../../ui/menu-item.ts';
import type { FilesModel } from './files-model.svelte.ts';

/** What can be done with what is chosen in the files panel. */
export function fileMenu(model: FilesModel): readonly MenuItem[] {
  const { chosen } = model.folder;
  const only = chosen.length === 1 ? (chosen[0] ?? null) : null;
  const isFile = only?.kind === 'file';
  return [
    only?.kind === 'directory'
      ? { title: t('files.open'), icon: FolderOpen, onselect: () => void model.open(only) }
      : { title: t('files.view'), icon: Eye, isDisabled: only === null, onselect: () => void model.open(only) },
    {
      title: t('files.save'),
      icon: Download,
      isDisabled: chosen.some(({ kind }) => kind === 'other'),
      onselect: () => void model.save(),
    },
    { title: t('files.copy-path'), icon: Clipboard, startsGroup: true, onselect: () => void model.copyPaths() },
    {
      title: t('files.checksum'),
      icon: Hash,
      isDisabled: !isFile,
      onselect: () => {
        if (only !== null) model.question = { kind: 'checksum', path: model.folder.pathOf(only) };
      },
    },
    {
      title: t('files.rename'),
      icon: PenLine,
      isDisabled: only === null,
      startsGroup: true,
      onselect: () => model.rename(only),
    },
    { title: t('files.delete'), icon: Trash2, tone: 'danger', onselect: () => model.remove() },
  ];
}
