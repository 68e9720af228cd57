import type { App } from '../../app/app.ts';
import { nextName } from '../../text/next-name.ts';
import { t } from '../../text/text.svelte.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';

type Needs = Pick<App, 'commands' | 'library' | 'navigation' | 'toasts' | 'vms' | 'work' | 'firstRun'>;

export function registerSnapshotCommands(app: Needs): void {
  const { commands, navigation, vms, work } = app;
  const selected = (): VmSession | undefined => {
    // The welcome has the window to itself; there is no VM these could be about.
    return app.firstRun.isShown || navigation.selectedId === null ? undefined : vms.get(navigation.selectedId);
  };
  const takesSnapshots = (): boolean => {
    const session = selected();
    // One more can be asked for while one is being taken.
    return session?.task === null && ['running', 'paused', 'snapshotting'].includes(session.state.kind);
  };
  const isIdle = (): boolean => !app.firstRun.isShown && work.running === null;
  commands.register({
    'snapshot.save': {
      isEnabled: takesSnapshots,
      run: () => {
        const session = selected();
        if (session) void saveAtOnce(app, session);
      },
    },
    'snapshot.import': { isEnabled: isIdle, run: () => void work.importSnapshots() },
    'library.clean': {
      isEnabled: isIdle,
      run: () => void work.cleanUp(),
    },
    'library.verify': { isEnabled: isIdle, run: () => navigation.open({ kind: 'verify-library' }) },
  });
}

/** Takes a snapshot under the next free name; a better one can be given afterwards. */
async function saveAtOnce({ library, navigation, toasts }: Needs, session: VmSession): Promise<void> {
  const taken = [...library.snapshots.map(({ name }) => name), ...session.snapshotsUnderWay];
  const name = nextName(t('snapshots.default-name'), taken);
  if (!(await session.snapshot(name, false))) return;
  await library.load();
  const snapshot = library.snapshots.find((one) => one.name === name && one.vmId === session.id);
  if (snapshot === undefined) return;
  toasts.success(t('snapshots.saved', { name }), {
    label: t('ui.rename'),
    run: () => navigation.open({ kind: 'rename-snapshot', snapshotId: snapshot.id }),
  });
}
