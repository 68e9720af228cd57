import Copy from '@lucide/svelte/icons/copy';
import Moon from '@lucide/svelte/icons/moon';
import Pause from '@lucide/svelte/icons/pause';
import Pencil from '@lucide/svelte/icons/pencil';
import Play from '@lucide/svelte/icons/play';
import Power from '@lucide/svelte/icons/power';
import RotateCw from '@lucide/svelte/icons/rotate-cw';
import Tag from '@lucide/svelte/icons/tag';
import Trash from '@lucide/svelte/icons/trash';
import { t } from '../../text/text.svelte.ts';
import type { MenuItem } from '../../ui/menu-item.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';
import { CAN, type VmActions } from './vm-actions.ts';

/** What can be done to VMs, for a menu. */
export function vmMenu(actions: VmActions, sessions: readonly VmSession[]): readonly MenuItem[] {
  return [...stateItems(actions, sessions), ...recordItems(actions, sessions)];
}

/** What the buttons of the header leave to its menu. */
export function moreMenu(actions: VmActions, session: VmSession): readonly MenuItem[] {
  const [, , , restart, shutDown] = stateItems(actions, [session]);
  return [...[restart, shutDown].flatMap((item) => item ?? []), ...recordItems(actions, [session])];
}

function stateItems(actions: VmActions, sessions: readonly VmSession[]): readonly MenuItem[] {
  const some = (can: (session: VmSession) => boolean): boolean => sessions.some(can);
  const resumes = !some(CAN.pause) && some(CAN.resume);
  return [
    {
      title: t('vms.launch'),
      icon: Play,
      isDisabled: !some(CAN.launch),
      onselect: () => void actions.launch(sessions),
    },
    {
      title: resumes ? t('vms.resume') : t('vms.pause'),
      icon: resumes ? Play : Pause,
      isDisabled: !some(CAN.pause) && !resumes,
      onselect: () => void actions.pauseOrResume(sessions),
    },
    {
      title: t('vms.suspend'),
      icon: Moon,
      isDisabled: !some(CAN.suspend),
      onselect: () => void actions.suspend(sessions),
    },
    {
      title: t('vms.restart'),
      icon: RotateCw,
      isDisabled: !some(CAN.restart),
      onselect: () => void actions.restart(sessions),
    },
    {
      title: t('vms.shut-down'),
      icon: Power,
      isDisabled: !some(CAN.shutDown),
      onselect: () => void actions.shutDown(sessions),
    },
  ];
}

function recordItems(actions: VmActions, sessions: readonly VmSession[]): readonly MenuItem[] {
  const [only] = sessions;
  return [
    {
      title: t('vms.duplicate'),
      icon: Copy,
      startsGroup: true,
      isDisabled: !sessions.some(CAN.duplicate),
      onselect: () => void actions.duplicate(sessions),
    },
    {
      title: t('vms.rename'),
      icon: Pencil,
      isDisabled: sessions.length !== 1,
      onselect: () => {
        if (only) actions.rename(only);
      },
    },
    { title: t('vms.edit-tags'), icon: Tag, onselect: () => actions.editTags(sessions) },
    {
      title: t('vms.delete'),
      icon: Trash,
      tone: 'danger',
      startsGroup: true,
      isDisabled: !sessions.some(CAN.delete),
      onselect: () => void actions.delete(sessions),
    },
  ];
}
