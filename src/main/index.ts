/** Composition root of the app: creates everything once and connects it. */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import path from 'node:path';
import {
  app,
  dialog,
  ipcMain,
  nativeImage,
  powerMonitor,
  protocol,
  session,
  type BrowserWindow,
  type WebContents,
} from 'electron';
import { packTree } from '../headless/tree-pack.ts';
import { cacheRoot } from '../images/packages/cache.ts';
import { Library } from '../library/library.ts';
import { dataFolder } from '../library/paths.ts';
import type { Translate } from '../shared/text/translator.ts';
import { MIB } from '../shared/model/limits.ts';
import { vmBudget } from '../shared/model/vm-budget.ts';
import { APP_SCHEME, APP_SCHEME_PRIVILEGES, serveApp } from './app-protocol.ts';
import { namesIn } from './diagnostics.ts';
import { DeletedVms } from './deleted-vms.ts';
import { AppDesktop } from './desktop.ts';
import { DragFolders } from './drag-folders.ts';
import { FileTokens } from './file-tokens.ts';
import { FileTransfers } from './file-transfers.ts';
import { ImageBuilds } from './image-builds.ts';
import { createHandlers } from './ipc/handlers.ts';
import { registerCalls } from './ipc/register.ts';
import { LibraryListing } from './library-listing.ts';
import { denyPermissions, isAppUrl, lockDown } from './lockdown.ts';
import { LogRing, recordConsole } from './log-ring.ts';
import { mainText } from './main-text.ts';
import { createMainWindow } from './main-window.ts';
import { PageEvents } from './page-events.ts';
import { openPageChannel, openPagePort } from './page-ports.ts';
import { PageRecovery } from './page-recovery.ts';
import { appPlaces } from './places.ts';
import { Quitting } from './quitting.ts';
import { startFailure } from './start-failure.ts';
import { startRelayProcess } from './relay-process.ts';
import { RelaySupervisor } from './relay-supervisor.ts';
import { RunningVms } from './running-vms.ts';
import { SeenNames } from './seen-names.ts';
import { SettingsStore } from './settings-store.ts';
import { WorkspaceStore } from './workspace-store.ts';
import { watchSight } from './window-sight.ts';

const log = new LogRing(Date.now);
recordConsole(console, log);
const home = dataFolder(process.env, process.platform);
mkdirSync(home, { recursive: true });
app.setName('Terrarium');
// Beside the library, so that two data folders are two independent apps.
app.setPath('userData', path.join(home, 'electron'));
protocol.registerSchemesAsPrivileged([APP_SCHEME_PRIVILEGES]);
lockDown(app);

if (app.requestSingleInstanceLock()) {
  app.whenReady().then(start).catch(failToStart);
} else {
  console.log('Terrarium is already running with this data folder; its window was brought to the front.');
  app.quit();
}

async function start(): Promise<void> {
  const places = appPlaces(import.meta.dirname);
  const randomHex = (): string => randomBytes(16).toString('hex');
  const { library, report } = await Library.open(home, {
    now: Date.now,
    randomBytes: (count) => randomBytes(count),
    program: 'app',
    pageWorker: places.pageWorkerScript,
    onCleaningFailed: (cause) => console.error('What deleted snapshots left behind could not be freed:', cause),
  });
  const settings = new SettingsStore(home);
  const problems = settings.problem === null ? report.problems : [...report.problems, settings.problem];
  const listing = new LibraryListing(library, problems);
  const events = new PageEvents();
  const tokens = new FileTokens(randomHex);
  const transfers = new FileTransfers(tokens, {
    randomHex,
    temporaryFolder: app.getPath('temp'),
    nowMs: () => performance.now(),
    onProgress: (progress) => events.send('file.progress', progress),
    pack: packTree,
  });
  let window: BrowserWindow | null = null;

  const page = (): WebContents => {
    if (!window) throw new Error('a VM was launched without a window');
    return window.webContents;
  };
  const drags = new DragFolders({
    root: path.join(home, 'dragged'),
    tokens,
    randomHex,
    startDrag: ([file = '', ...others]) => {
      const icon = nativeImage.createFromPath(path.join(places.resourcesFolder, 'icons', 'tray@2x.png'));
      page().startDrag({ file, files: [file, ...others], icon });
    },
  });
  await drags
    .clear()
    .catch((cause: unknown) => console.warn('Files that were dragged out before could not be removed:', cause));
  const relay = new RelaySupervisor({
    startProcess: () => startRelayProcess(places.relayScript),
    newPortId: randomHex,
    openPort: (portId) => openPageChannel(page(), portId),
    nowMs: () => performance.now(),
    after,
    onStatus: (status) => events.send('relay.changed', status),
    log: (sentence) => console.warn(sentence),
  });
  const seenNames = new SeenNames();
  const tellLibrary = (): void => {
    listing.list().then(
      (content) => {
        seenNames.add(namesIn(content));
        events.send('library.changed', content);
      },
      (cause: unknown) => console.error('The library could not be listed:', cause),
    );
  };
  library.watch(tellLibrary);
  const running = new RunningVms({
    library,
    takePath: (direction, token) => drags.bounded(token, transfers.take(direction, token)),
    newPortId: randomHex,
    openPort: (portId) => openPagePort(page(), portId),
    attach: (request) => relay.attach(request),
    onLink: (offer) => events.send('vm.link', offer),
    onGone: (machine) => {
      recovery.noteGone(machine.vmId);
      events.send('vm.gone', machine);
    },
    onLibraryChanged: tellLibrary,
    budget: () => vmBudget(settings.get(), { memoryMib: Math.floor(totalmem() / MIB), cores: availableParallelism() }),
  });
  const deleted = new DeletedVms({
    library,
    after,
    onFailure: (cause) => console.error('A deleted VM could not be removed for good:', cause),
  });
  void deleted.adopt();
  const desktop = new AppDesktop({ settings, events, resourcesFolder: places.resourcesFolder, window: () => window });
  const t = (): Translate => mainText(settings);
  const quitting = new Quitting(running, events, t);
  const recovery = new PageRecovery(running, quitting, t);
  const workspaces = new WorkspaceStore(home);
  library
    .listVms()
    .then((vms) => workspaces.prune(vms.map(({ id }) => id)))
    .catch((cause: unknown) => console.warn('Layouts of deleted VMs could not be removed:', cause));
  const handlers = createHandlers({
    library,
    listing,
    workspaces,
    running,
    deleted,
    relay,
    settings,
    desktop,
    tokens,
    transfers,
    drags,
    builds: new ImageBuilds(places.imageBuilderScript),
    buildPlaces: {
      home,
      cacheRoot: cacheRoot(process.env, process.platform),
      resourcesFolder: places.resourcesFolder,
      workerPath: places.machineWorkerScript,
      wasmPath: places.emulatorWasm,
    },
    events,
    log,
    seenNames,
    recovery,
    window: () => window,
    onQuitReady: () => quitting.ready(window),
    onQuitCancelled: () => {
      quitting.cancelled();
      desktop.quittingCancelled();
    },
  });
  registerCalls(ipcMain, handlers, (event) => {
    return event.senderFrame !== null && event.sender === window?.webContents && isAppUrl(event.senderFrame.url);
  });

  serveApp(protocol, places.rendererFolder);
  denyPermissions(session.defaultSession);

  const openWindow = (): void => {
    const opened = createMainWindow(places, settings);
    window = opened;
    events.connect(opened.webContents);
    desktop.watch(opened);
    quitting.watch(opened);
    recovery.watch(opened);
    watchSight(opened, (isSeen) => events.send('window.seen', { isSeen }));
    opened.on('closed', () => {
      running.closeAll();
      window = null;
    });
    // A reloaded page has lost its machines; their ports must not outlive it.
    opened.webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      if (isMainFrame && !isSameDocument) running.closeAll();
    });
  };
  app.on('second-instance', (_event, argv) => {
    desktop.showWindow();
    desktop.links.takeFrom(argv);
  });
  // How a Mac hands a link over.
  app.on('open-url', (event, url) => {
    event.preventDefault();
    desktop.links.open(url);
  });
  // Unpacked, the program would have to be started with its folder: links are for installed ones.
  if (app.isPackaged) app.setAsDefaultProtocolClient(APP_SCHEME);
  // Chromium brings its own processes back; the relay and the builder say by themselves what it means for them.
  app.on('child-process-gone', (_event, { type, reason, name }) => {
    if (reason !== 'clean-exit' && reason !== 'killed') console.error(`A process ended: ${name ?? type}, ${reason}.`);
  });
  app.on('window-all-closed', () => app.quit());
  let isLibraryClosed = false;
  app.on('will-quit', (event) => {
    if (isLibraryClosed) return;
    isLibraryClosed = true;
    relay.dispose();
    // A change under way gets to its end, and others find our VMs free at once.
    event.preventDefault();
    const removed = drags
      .clear()
      .catch((cause: unknown) => console.error('Files that were dragged out could not be removed:', cause));
    deleted
      .close()
      .then(() => library.close())
      .finally(() => removed)
      .catch((cause: unknown) => console.error('The library could not be closed:', cause))
      .finally(() => app.quit());
  });
  // The system waits for us as long as it likes to; suspending takes well under a second a VM.
  powerMonitor.on('shutdown', (event?: { preventDefault(): void }) => {
    if (running.count > 0) event?.preventDefault();
    app.quit();
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => app.quit());
  openWindow();
  desktop.links.takeFrom(process.argv);
}

/** Calls back once. @returns what prevents that */
function after(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
}

function failToStart(cause: unknown): void {
  console.error('Terrarium could not start:', cause);
  const { title, content } = startFailure(cause, home, app.getLocale());
  dialog.showErrorBox(title, content);
  app.exit(1);
}
