import { keysOf } from '../../../../shared/model/command-keys.ts';
import { COMMAND_IDS, COMMANDS } from '../../../../shared/model/commands.ts';
import { COMMAND_GROUP_TEXTS } from '../../text/command-texts.ts';
import { translator, type TextKey, type Translate, type TextValues } from '../../../../shared/text/translator.ts';
import type { App } from '../../app/app.ts';
import { t } from '../../text/text.svelte.ts';
import { SHOWN_SETTINGS } from '../settings/settings-table.ts';

export interface PaletteEntry {
  /** Stays the same, so that what was used lately is found again. */
  readonly id: string;
  readonly title: string;
  /** Of what kind it is, in a word. */
  readonly kind: string;
  /** What can be searched for: the title in each language. */
  readonly searched: string;
  readonly keys: string | null;
  run(): void;
}

type Needs = Pick<App, 'commands' | 'library' | 'navigation' | 'settings' | 'vms'>;

/** Both languages match, whichever the person reads: what they read about may be in the other. */
const OTHERS: readonly Translate[] = [translator('en'), translator('zh')];

function titled(key: TextKey, values?: TextValues): Pick<PaletteEntry, 'title' | 'searched'> {
  const title = t(key, values);
  return { title, searched: [...new Set([title, ...OTHERS.map((each) => each(key, values))])].join(' ') };
}

/** Everything the palette offers now. */
export function paletteEntries(app: Needs): readonly PaletteEntry[] {
  return [...commandEntries(app), ...vmEntries(app), ...snapshotEntries(app), ...settingEntries(app)];
}

function commandEntries({ commands, settings }: Needs): readonly PaletteEntry[] {
  return COMMAND_IDS.filter((id) => id !== 'app.palette' && commands.isEnabled(id)).map((id) => ({
    id: `command ${id}`,
    ...titled(`command.${id}` as TextKey),
    kind: t(COMMAND_GROUP_TEXTS[COMMANDS[id].group]),
    keys: keysOf(id, settings.current.keys),
    run: () => void commands.run(id),
  }));
}

function vmEntries({ library, navigation, vms }: Needs): readonly PaletteEntry[] {
  return library.vms.flatMap(({ id, name }) => {
    const session = vms.get(id);
    const of = { kind: t('palette.group-vm'), keys: null };
    const show: PaletteEntry = {
      id: `show ${id}`,
      ...titled('palette.show-vm', { name }),
      ...of,
      run: () => navigation.select(id),
    };
    if (session === undefined || session.isLive || session.task !== null) return [show];
    const launch: PaletteEntry = {
      id: `launch ${id}`,
      ...titled('palette.launch-vm', { name }),
      ...of,
      run: () => {
        navigation.select(id);
        void session.launch();
      },
    };
    return [show, launch];
  });
}

function snapshotEntries({ library, navigation }: Needs): readonly PaletteEntry[] {
  return library.snapshots.flatMap(({ id, name, vmId }) => {
    const of = { kind: t('palette.group-snapshot'), keys: null };
    const fork: PaletteEntry = {
      id: `fork ${id}`,
      ...titled('palette.fork', { name }),
      ...of,
      run: () => navigation.open({ kind: 'fork', snapshotId: id }),
    };
    const vm = vmId === null ? undefined : library.vm(vmId);
    if (vm === undefined) return [fork];
    const restore: PaletteEntry = {
      id: `restore ${id}`,
      ...titled('palette.restore', { name, vm: vm.name }),
      ...of,
      run: () => {
        navigation.select(vm.id);
        navigation.open({ kind: 'restore', vmId: vm.id, snapshotId: id });
      },
    };
    return [restore, fork];
  });
}

function settingEntries({ navigation }: Needs): readonly PaletteEntry[] {
  return SHOWN_SETTINGS.map((name) => {
    const texts = OTHERS.map((each) => each('palette.setting', { name: each(`settings.${name}` as TextKey) }));
    return {
      id: `setting ${name}`,
      title: t('palette.setting', { name: t(`settings.${name}` as TextKey) }),
      searched: texts.join(' '),
      kind: t('palette.group-setting'),
      keys: null,
      run: () => navigation.open({ kind: 'settings', search: t(`settings.${name}` as TextKey) }),
    };
  });
}
