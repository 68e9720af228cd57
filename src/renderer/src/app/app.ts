import { createContext } from 'svelte';
import type { TerrariumBridge } from '../../../shared/ipc/bridge.ts';
import type { Transfers } from '../features/files/transfers.ts';
import type { Recovery } from '../features/crash/recovery.svelte.ts';
import type { FirstRun } from '../features/first-run/first-run.svelte.ts';
import type { ImageBuild } from '../features/image-build/image-build.svelte.ts';
import type { RelayStore } from '../features/network/relay-store.svelte.ts';
import type { RecentEntries } from '../features/palette/recent-entries.ts';
import type { QuitGuard } from '../features/quitting/quitting.svelte.ts';
import type { LibraryWork } from '../features/snapshots/library-work.svelte.ts';
import type { Restores } from '../features/snapshots/restores.ts';
import type { ScreenStore } from '../features/snapshots/screen-store.ts';
import type { SettingsStore } from '../features/settings/settings-store.svelte.ts';
import type { TerminalDesk } from '../features/terminal/terminal-desk.svelte.ts';
import type { Toasts } from '../features/toasts/toasts.svelte.ts';
import type { Workspaces } from '../features/workspace/workspaces.svelte.ts';
import type { MachinePool } from '../vm/machine-pool.svelte.ts';
import type { VmActions } from '../features/machine/vm-actions.ts';
import type { VmList } from '../features/sidebar/vm-list.svelte.ts';
import type { GuestMemoryWatch } from '../vm/guest-memory.svelte.ts';
import type { WindowSight } from './window-sight.svelte.ts';
import type { Commands } from './commands/commands.ts';
import type { Keyboard } from './commands/keyboard.ts';
import type { LibraryActions } from './library-actions.ts';
import type { LibraryStore } from './library-store.svelte.ts';
import type { Navigation } from './navigation.svelte.ts';

/** Everything the components share. They reach it through context, so a test can give them another. */
export interface App {
  readonly bridge: TerrariumBridge;
  readonly library: LibraryStore;
  readonly actions: LibraryActions;
  readonly commands: Commands;
  readonly keyboard: Keyboard;
  readonly recentEntries: RecentEntries;
  readonly vms: MachinePool;
  readonly workspaces: Workspaces;
  readonly vmActions: VmActions;
  readonly vmList: VmList;
  readonly memory: GuestMemoryWatch;
  readonly sight: WindowSight;
  readonly terminals: TerminalDesk;
  readonly restores: Restores;
  readonly recovery: Recovery;
  readonly screens: ScreenStore;
  readonly work: LibraryWork;
  readonly navigation: Navigation;
  readonly settings: SettingsStore;
  readonly relay: RelayStore;
  readonly toasts: Toasts;
  readonly transfers: Transfers;
  readonly build: ImageBuild;
  readonly firstRun: FirstRun;
  readonly quitting: QuitGuard;
}

export const [useApp, provideApp] = createContext<App>();
