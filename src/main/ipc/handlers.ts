import { randomBytes } from 'node:crypto';
import { availableParallelism, totalmem } from 'node:os';
import { app, shell, type BrowserWindow, type FileFilter } from 'electron';
import type { Library } from '../../library/library.ts';
import type { AppInfo } from '../../shared/ipc/contract.ts';
import { V86_VERSION } from '../../shared/model/machine-config.ts';
import { FailureError } from '../../shared/result.ts';
import type { DeletedVms } from '../deleted-vms.ts';
import type { DragFolders } from '../drag-folders.ts';
import { mainText } from '../main-text.ts';
import type { FileTokens } from '../file-tokens.ts';
import type { FileTransfers } from '../file-transfers.ts';
import type { BuildOrder } from '../image-builder-protocol.ts';
import type { ImageBuilds } from '../image-builds.ts';
import type { LibraryListing } from '../library-listing.ts';
import type { LogRing } from '../log-ring.ts';
import type { PageEvents } from '../page-events.ts';
import type { PageRecovery } from '../page-recovery.ts';
import type { RelaySupervisor } from '../relay-supervisor.ts';
import type { RunningVms } from '../running-vms.ts';
import type { SeenNames } from '../seen-names.ts';
import type { SettingsStore } from '../settings-store.ts';
import type { WorkspaceStore } from '../workspace-store.ts';
import { MIB } from '../../shared/model/limits.ts';
import { bundleHandlers } from './bundle-handlers.ts';
import { desktopHandlers, type Desktop } from './desktop-handlers.ts';
import { diagnosticsHandlers } from './diagnostics-handlers.ts';
import { fileHandlers } from './file-handlers.ts';
import { catalogueHandlers } from './catalogue-handlers.ts';
import { imageFileHandlers } from './image-file-handlers.ts';
import { NativeDialogs } from './native-dialogs.ts';
import { networkHandlers } from './network-handlers.ts';
import { recoveryHandlers } from './recovery-handlers.ts';
import type { CallHandlers } from './register.ts';
import { screenHandlers } from './screen-handlers.ts';
import { snapshotHandlers } from './snapshot-handlers.ts';
import { upkeepHandlers } from './upkeep-handlers.ts';
import { vmHandlers } from './vm-handlers.ts';
import { workspaceHandlers } from './workspace-handlers.ts';

export interface HandlerDependencies {
  readonly library: Library;
  readonly listing: LibraryListing;
  readonly running: RunningVms;
  readonly deleted: DeletedVms;
  readonly relay: Pick<RelaySupervisor<never>, 'status'>;
  readonly settings: SettingsStore;
  readonly desktop: Desktop;
  readonly tokens: FileTokens;
  readonly transfers: FileTransfers;
  readonly drags: DragFolders;
  readonly builds: ImageBuilds;
  readonly buildPlaces: Omit<BuildOrder, 'recipe' | 'kernel' | 'tarball'>;
  readonly events: PageEvents;
  readonly window: () => BrowserWindow | null;
  readonly log: LogRing;
  readonly seenNames: SeenNames;
  readonly recovery: PageRecovery;
  readonly workspaces: WorkspaceStore;
  readonly onQuitReady: () => void;
  readonly onQuitCancelled: () => void;
}

/** What every call of the contract does. */
export function createHandlers(dependencies: HandlerDependencies): CallHandlers {
  const { library, listing, running, builds, events } = dependencies;
  const dialogs = new NativeDialogs(dependencies.window, () => mainText(dependencies.settings));

  /** Runs a change and tells the page what the library holds now. */
  const changing = async <T>(change: Promise<T>): Promise<T> => {
    const value = await change;
    events.send('library.changed', await listing.list());
    return value;
  };
  const info = (): AppInfo => ({
    version: app.getVersion(),
    electron: process.versions.electron,
    chromium: process.versions.chrome,
    node: process.versions.node,
    v86: V86_VERSION,
    platform: process.platform,
    hostMemoryMib: Math.floor(totalmem() / MIB),
    hostCores: availableParallelism(),
  });

  return {
    'app.info': info,
    'app.openExternal': async ({ url }) => {
      if (!URL.canParse(url) || !['https:', 'http:', 'mailto:'].includes(new URL(url).protocol)) {
        throw new FailureError('bad-input', 'Only web and mail addresses can be opened from a terminal.');
      }
      // The text comes from a guest, which is not trusted: a person decides.
      const address = new URL(url).href;
      const t = dialogs.t();
      const agrees = await dialogs.agrees({
        message: t('dialogs.open-address'),
        detail: t('dialogs.open-address-about', { address }),
        cancel: t('dialogs.cancel'),
        agree: t('dialogs.open'),
      });
      if (agrees) await shell.openExternal(address);
    },
    ...recoveryHandlers(dependencies),
    ...workspaceHandlers(dependencies),
    ...diagnosticsHandlers({
      ...dependencies,
      dialogs,
      folders: [dependencies.buildPlaces.home, dependencies.buildPlaces.cacheRoot],
      info,
    }),
    'app.quitReady': () => dependencies.onQuitReady(),
    'app.quitCancelled': () => dependencies.onQuitCancelled(),
    'library.get': () => listing.list(),
    ...desktopHandlers(dependencies),
    ...vmHandlers({ ...dependencies, changing }),
    ...networkHandlers({ ...dependencies, dialogs, changing }),
    ...snapshotHandlers({ library, changing }),
    ...bundleHandlers({
      library,
      events,
      changing,
      chooseExportPath: (name) => dialogs.save(dialogs.t()('dialogs.export-snapshots'), name, bundleFilters(dialogs)),
      chooseImportPath: async () => {
        const title = dialogs.t()('dialogs.import-snapshots');
        return (await dialogs.open(title, ['openFile'], bundleFilters(dialogs)))[0] ?? null;
      },
    }),
    ...upkeepHandlers({ library, listing, running, events, changing }),
    ...catalogueHandlers({
      ...dependencies,
      changing,
      randomHex: () => randomBytes(16).toString('hex'),
      chooseRecipe: () => recipeOpenDialog(dialogs),
    }),
    ...imageFileHandlers({
      ...dependencies,
      changing,
      randomHex: () => randomBytes(16).toString('hex'),
      chooseFile: () => imageOpenDialog(dialogs),
    }),
    'image.cancelBuild': () => builds.cancel(),
    ...fileHandlers({ ...dependencies, dialogs }),
    ...screenHandlers({ ...dependencies, dialogs }),
  };
}

function bundleFilters({ t }: NativeDialogs): FileFilter[] {
  return [{ name: t()('dialogs.snapshots-kind'), extensions: ['terrarium'] }];
}

async function imageOpenDialog(dialogs: NativeDialogs): Promise<string | null> {
  const t = dialogs.t();
  const filters = [
    { name: t('dialogs.root-files-kind'), extensions: ['tar', 'gz', 'tgz', 'xz', 'txz', 'zst'] },
    { name: t('dialogs.all-files'), extensions: ['*'] },
  ];
  return (await dialogs.open(t('dialogs.image-file'), ['openFile'], filters))[0] ?? null;
}

async function recipeOpenDialog(dialogs: NativeDialogs): Promise<string | null> {
  const t = dialogs.t();
  const filters = [
    { name: t('dialogs.recipes-kind'), extensions: ['recipe'] },
    { name: t('dialogs.all-files'), extensions: ['*'] },
  ];
  return (await dialogs.open(t('dialogs.recipe-file'), ['openFile'], filters))[0] ?? null;
}
