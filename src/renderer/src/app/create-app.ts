import type { TerrariumBridge } from '../../../shared/ipc/bridge.ts';
import { VGA_MEMORY_MIB } from '../../../shared/model/machine-config.ts';
import { vmBudget } from '../../../shared/model/vm-budget.ts';
import { Recovery } from '../features/crash/recovery.svelte.ts';
import { registerDiagnosticsCommands } from '../features/diagnostics/diagnostics-commands.ts';
import { registerFileCommands } from '../features/files/files-commands.ts';
import { Transfers } from '../features/files/transfers.ts';
import { FirstRun } from '../features/first-run/first-run.svelte.ts';
import { ImageBuild } from '../features/image-build/image-build.svelte.ts';
import { registerImageImportCommands } from '../features/image-import/import-commands.ts';
import { VmActions } from '../features/machine/vm-actions.ts';
import { registerVmCommands } from '../features/machine/vm-commands.ts';
import { RelayStore } from '../features/network/relay-store.svelte.ts';
import { reportToDesktop } from '../features/notify/desktop-reports.svelte.ts';
import { FinishedCommands } from '../features/notify/finished-commands.ts';
import { tellOfFinishedCommands } from '../features/notify/finished-places.ts';
import { takeOpenedLink } from '../features/notify/opened-links.ts';
import { RecentEntries } from '../features/palette/recent-entries.ts';
import { QuitGuard } from '../features/quitting/quitting.svelte.ts';
import { LibraryWork } from '../features/snapshots/library-work.svelte.ts';
import { Restores } from '../features/snapshots/restores.ts';
import { registerScreenCommands } from '../features/screen/screen-commands.ts';
import { ScreenStore } from '../features/snapshots/screen-store.ts';
import { registerSnapshotCommands } from '../features/snapshots/snapshot-commands.ts';
import { SettingsStore } from '../features/settings/settings-store.svelte.ts';
import { registerTerminalCommands } from '../features/terminal/terminal-commands.ts';
import { VmList } from '../features/sidebar/vm-list.svelte.ts';
import { TerminalDesk } from '../features/terminal/terminal-desk.svelte.ts';
import { Toasts } from '../features/toasts/toasts.svelte.ts';
import { IS_MAC } from '../text/format-keys.ts';
import { PAGE_CLOCK } from '../vm/checkpoint-timer.ts';
import { registerWorkspaceCommands } from '../features/workspace/workspace-commands.ts';
import { Workspaces } from '../features/workspace/workspaces.svelte.ts';
import { CompiledEmulator } from '../vm/compiled-emulator.ts';
import { GuestMemoryWatch } from '../vm/guest-memory.svelte.ts';
import { LaunchBudget } from '../vm/launch-budget.ts';
import { WorkerHost } from '../vm/machine-host.ts';
import { MachinePool } from '../vm/machine-pool.svelte.ts';
import { PortInbox } from '../vm/port-inbox.ts';
import { answeringBridge } from './answering-bridge.ts';
import type { App } from './app.ts';
import { registerAppCommands } from './app-commands.ts';
import { Commands } from './commands/commands.ts';
import { Keyboard } from './commands/keyboard.ts';
import { LibraryActions } from './library-actions.ts';
import { LibraryStore } from './library-store.svelte.ts';
import { HostInfo } from './host-info.ts';
import { WindowSight } from './window-sight.svelte.ts';
import { Navigation } from './navigation.svelte.ts';

/** Puts the page's parts together and connects them to main. @returns the app, and what loads it */
export function createApp(source: Window): { readonly app: App; load(): Promise<void> } {
  const bridge: TerrariumBridge = answeringBridge(source.terrarium);
  const toasts = new Toasts();
  const library = new LibraryStore(bridge);
  const settings = new SettingsStore(bridge, toasts);
  const navigation = new Navigation(() => library.vms.map((vm) => vm.id));
  const emulator = new CompiledEmulator();
  const host = new WorkerHost(bridge, new PortInbox(source), emulator);
  const sight = new WindowSight();
  const terminals = new TerminalDesk({
    notices: toasts,
    settings,
    openLink: (url) => {
      void bridge.call('app.openExternal', { url }).then((result) => {
        if (!result.ok) toasts.failure(result.error.message);
      });
    },
  });
  const vms: MachinePool = new MachinePool({
    host,
    notices: toasts,
    clock: PAGE_CLOCK,
    shownTerminal: (vmId) => workspaces.focusedTerminal(vmId),
    nameOf: (vmId) => library.vm(vmId)?.name ?? 'The VM',
    admit: (vmId) => budget.admit(vmId),
    isSeen: () => sight.isSeen,
    terminals,
  });
  const workspaces: Workspaces = new Workspaces({
    bridge,
    vms,
    notices: toasts,
    after: (delayMs, run) => PAGE_CLOCK.after(delayMs, run),
  });
  const hostInfo = new HostInfo(bridge);
  const budget = new LaunchBudget({
    budget: () => (hostInfo.host === null ? null : vmBudget(settings.current, hostInfo.host)),
    record: (vmId) => library.vm(vmId),
    live: () => vms.live,
    vm: (vmId) => vms.get(vmId),
  });
  const memory = new GuestMemoryWatch({
    clock: PAGE_CLOCK,
    sessions: () => vms.all,
    isSeen: () => sight.isSeen,
    slowsIdle: () => settings.current.slowsIdleVms,
  });
  const actions = new LibraryActions(bridge, library, vms, navigation);
  const build = new ImageBuild(bridge);
  const relay = new RelayStore(bridge);
  const restores = new Restores(library, toasts);
  const commands = new Commands();
  const app: App = {
    bridge,
    library,
    actions,
    commands,
    keyboard: new Keyboard({ commands, isMac: IS_MAC, overrides: () => settings.current.keys }),
    recentEntries: new RecentEntries(source.localStorage),
    vms,
    workspaces,
    vmActions: new VmActions({ actions, library, navigation, notices: toasts, after: PAGE_CLOCK.after }),
    vmList: new VmList({ library, vms, navigation }),
    memory,
    sight,
    terminals,
    restores,
    recovery: new Recovery({ bridge, library, vms, restores }),
    screens: new ScreenStore(bridge),
    work: new LibraryWork(bridge, toasts),
    navigation,
    settings,
    relay,
    toasts,
    build,
    transfers: new Transfers(bridge, toasts),
    firstRun: new FirstRun(library, build, actions),
    quitting: new QuitGuard(bridge, vms, toasts),
  };

  registerAppCommands(app);
  registerDiagnosticsCommands(app);
  registerTerminalCommands(app);
  registerImageImportCommands(app);
  registerVmCommands(app);
  registerWorkspaceCommands(app);
  registerSnapshotCommands(app);
  registerFileCommands(app);
  registerScreenCommands(app);

  library.onChange((content) => vms.follow(content.vms));
  library.onChange((content) => workspaces.follow(content.vms.map(({ id }) => id)));
  library.onChange(() => app.work.libraryChanged());
  bridge.on('library.changed', (content) => library.take(content));
  bridge.on('settings.changed', (changed) => settings.take(changed));
  bridge.on('file.progress', (progress) => app.transfers.queue.takeProgress(progress));
  bridge.on('image.progress', (progress) => build.take(progress));
  bridge.on('library.progress', (progress) => app.work.take(progress));
  bridge.on('relay.changed', (status) => relay.take(status));
  bridge.on('vm.gone', ({ machinePortId }) => host.machineGone(machinePortId));
  bridge.on('window.seen', ({ isSeen }) => sight.take(isSeen));
  sight.onChange((isSeen) => {
    document.documentElement.toggleAttribute('data-unseen', !isSeen);
    if (isSeen) for (const session of vms.live) session.load.show();
    memory.look();
  });
  bridge.on('vm.link', (offer) => vms.get(offer.vmId)?.takeLink(offer));
  bridge.on('app.quitting', () => void workspaces.keepAll().finally(() => void app.quitting.begin()));
  bridge.on('command.run', ({ id }) => void commands.run(id));
  bridge.on('link.waiting', () => void takeOpenedLink(app));
  bridge.on('vm.show', ({ vmId }) => navigation.select(vmId));
  terminals.takesKey = (event) => app.keyboard.commandOf(event) !== null;
  tellOfFinishedCommands(
    app,
    new FinishedCommands({
      bridge,
      notices: toasts,
      settings: () => settings.current,
      hasFocus: () => sight.isSeen && document.hasFocus(),
    }),
  );
  reportToDesktop(app);

  return {
    app,
    load: async () => {
      await settings.load();
      await relay.load();
      await library.load();
      await hostInfo.load();
      memory.look();
      await app.recovery.load();
      app.firstRun.beginIfNeeded();
      // The first launch finds an emulator ready; a failure shows there, with its sentence.
      const next = library.vms[0] ?? library.images[0];
      if (next) host.expect({ memoryMib: next.memoryMib, vgaMemoryMib: VGA_MEMORY_MIB });
      await takeOpenedLink(app);
    },
  };
}
