import * as v from 'valibot';
import { COMMAND_IDS, type CommandId } from '../model/commands.ts';
import type { DeepLink } from '../model/deep-link.ts';
import type { BuildPlan, BuildProgress, ImageSummary } from '../model/image.ts';
import type { ImageCatalogue, ImageDetails, ImageRemoved } from '../model/image-catalogue.ts';
import { KERNEL_CHOICES } from '../model/image.ts';
import type { FileChanges } from '../model/file-changes.ts';
import type { VmId } from '../model/ids.ts';
import { networkSettingsSchema, type NetworkView } from '../model/network.ts';
import { DRAG_MAX_FILES } from '../model/limits.ts';
import type { RelayStatus } from '../model/relay-status.ts';
import { checkpointsSchema } from '../model/checkpoints.ts';
import type { LibraryUsage, MachineConfig, ScreenPreview, SnapshotSummary } from '../model/state.ts';
import type { VmRecord } from '../model/vm.ts';
import { settingsPatch, type Settings } from '../model/settings.ts';

/**
 * Every call the page can make and every event it can receive, in one table. Main must have a
 * handler for each call and the preload exposes exactly these; both are checked by the compiler.
 */

const id = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,63}$/));
// Names are checked in words by the library; here only their size is bounded.
const text = v.pipe(v.string(), v.maxLength(10_000));
const name = text;
/** What a person can change about a snapshot ({@link SnapshotChanges}). */
const snapshotChanges = v.object({
  name: v.exactOptional(name),
  note: v.exactOptional(text),
  tags: v.exactOptional(v.pipe(v.array(text), v.maxLength(1000))),
  isProtected: v.exactOptional(v.boolean()),
});

/** How a VM's machine is to begin. */
const launchFrom = v.variant('kind', [
  /** From the head if there is one, else the base snapshot, else a cold boot. */
  v.object({ kind: v.literal('head') }),
  v.object({ kind: v.literal('snapshot'), snapshotId: id }),
  /** Boot the kernel. The page passes the files of the running machine on by itself. */
  v.object({ kind: v.literal('cold') }),
]);
export type LaunchFrom = v.InferOutput<typeof launchFrom>;

/** What the page needs to start the worker; the bytes follow over the bulk port. */
export interface LaunchPlan {
  readonly vm: VmRecord;
  readonly config: MachineConfig;
  readonly commandLine: string;
  readonly hasInitrd: boolean;
  /** What {@link ReadResource} `state` will give, or null for a cold boot without earlier files. */
  readonly state: 'full' | 'disk' | null;
  /** Names the port that main posts with this answer: what the machine reads and writes the library through. */
  readonly portId: string;
  /** The machine's own network address on Ethernet. */
  readonly mac: string;
  /** Names the port to the relay; null while the relay is away: `vm.link` brings one as soon as it is back. */
  readonly linkPortId: string | null;
}

/** A port to the relay for a machine that is being launched or runs. */
export interface LinkOffer {
  readonly vmId: VmId;
  /** The machine it is for, by the {@link LaunchPlan.portId} it was launched with: no other may take it. */
  readonly machinePortId: string;
  readonly linkPortId: string;
}

/** A machine that is there no more, by the {@link LaunchPlan.portId} it was launched with. */
export interface MachineGone {
  readonly vmId: VmId;
  readonly machinePortId: string;
}

/** The page's process ended before this page was there. */
export interface PageCrash {
  /** Electron's word for why: `crashed`, `oom`, `killed`… */
  readonly reason: string;
  /** The VMs whose machines ended with it. */
  readonly vmIds: readonly VmId[];
}

/** What a VM can go on from. */
export interface SavedStates {
  /** When the state was saved that a launch goes on from; null: it would start from its image. */
  readonly headAt: string | null;
  /** The newest snapshot of this VM, when that is newer than the head. */
  readonly snapshot: SnapshotSummary | null;
}

export interface AppInfo {
  readonly version: string;
  readonly electron: string;
  readonly chromium: string;
  readonly node: string;
  readonly v86: string;
  readonly platform: string;
  readonly hostMemoryMib: number;
  readonly hostCores: number;
}

/** A file the user chose or dropped. The page gets a token for it, never its path. */
export interface ChosenFile {
  readonly token: string;
  readonly name: string;
  /** Of a folder 0: it is counted when it is packed. */
  readonly sizeBytes: number;
  readonly kind: 'file' | 'folder';
}

/** What came of a file with a root file system. */
export interface ImportedImage {
  readonly image: ImageSummary;
  /** Sentences about what was left out of it. */
  readonly notes: readonly string[];
}

/** A recipe's file that a person chose, and what building it would do. The page gets a token, never the path. */
export interface ChosenRecipe {
  readonly token: string;
  readonly plan: BuildPlan;
}

/** How much of a copy between the host and a VM is done, by the token it was begun with. */
export interface FileProgress {
  readonly token: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** Where a copy out of a VM goes. */
export interface ExportTarget {
  readonly token: string;
  /** What it is called on the host. */
  readonly name: string;
}

/** Where files of a VM go that are to be dragged out. */
export interface DragOffer {
  readonly token: string;
  /** In the order of the names. */
  readonly targets: readonly ExportTarget[];
}

export interface LibrarySnapshot {
  readonly vms: readonly VmRecord[];
  readonly snapshots: readonly SnapshotSummary[];
  readonly images: readonly ImageSummary[];
  /** Sentences about what was found damaged or left over when the library was opened. */
  readonly problems: readonly string[];
}

/** Something that is damaged, as `library.verify` found it. */
export interface DamageSummary {
  /** What a person calls it; empty where that cannot be told. */
  readonly name: string;
  readonly message: string;
  /** What does not work because of it: “VM “x””. */
  readonly neededBy: readonly string[];
}

interface Call<Args extends v.GenericSchema, Value> {
  readonly args: Args;
  /** Carries the result's type only. */
  readonly value?: Value;
}

function call<Value>() {
  return <Args extends v.GenericSchema>(args: Args): Call<Args, Value> => ({ args });
}

/** Layout and kept text of one VM's terminals. */
export const WORKSPACE_MAX_CHARACTERS = 2_000_000;

const none = v.undefined();
/** Of a shipped recipe: a page names no file, and what it imports is asked for otherwise. */
const recipeName = v.pipe(v.string(), v.maxLength(32), v.regex(/^(?!tarball$)[a-z][a-z0-9-]*$/));
const fileToken = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));
/** The largest screen that is shown has 9 MiB of pixels; a PNG of noise is little more. */
const PICTURE_MAX_BYTES = 16 * 1024 * 1024;
const guestName = v.pipe(v.string(), v.maxLength(4096));

export const CALLS = {
  'app.info': call<AppInfo>()(none),
  'app.openExternal': call<void>()(v.object({ url: v.pipe(v.string(), v.maxLength(2048)) })),
  /** Every VM is suspended (or the user gave up on one): close. */
  'app.quitReady': call<void>()(none),
  /** The user chose to stay after all. */
  'app.quitCancelled': call<void>()(none),
  /** Whether this page comes in the place of one that crashed; null when it does not, or has asked already. */
  'app.crash': call<PageCrash | null>()(none),
  /** Asks where to, and writes what helps to find a fault, without names, paths or addresses; null means the user closed the dialog. */
  'app.saveDiagnostics': call<{ readonly sizeBytes: number } | null>()(none),
  /** Which commands can be done now: the others are grey in the menu. */
  'menu.setEnabled': call<void>()(
    v.object({ commands: v.pipe(v.array(v.picklist(COMMAND_IDS)), v.maxLength(COMMAND_IDS.length)) }),
  ),
  /** The VMs that run, for the tray. */
  'tray.setRunning': call<void>()(
    v.object({
      vms: v.pipe(v.array(v.object({ vmId: id, name: v.pipe(v.string(), v.maxLength(200)) })), v.maxLength(256)),
    }),
  ),
  /** How far the longest thing under way has come, for the taskbar; null for nothing. */
  'window.setProgress': call<void>()(
    v.object({ fraction: v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1))) }),
  ),
  /** A message of the system's. Answers false where there are none, or too many have been shown just now. */
  'notification.show': call<boolean>()(
    v.object({
      token: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,40}$/)),
      title: v.pipe(v.string(), v.maxLength(200)),
      body: v.pipe(v.string(), v.maxLength(300)),
    }),
  ),
  /** The link that was opened last and nobody has taken yet; null for none. */
  'link.take': call<DeepLink | null>()(none),
  'library.get': call<LibrarySnapshot>()(none),
  'settings.get': call<Settings>()(none),
  'settings.set': call<Settings>()(settingsPatch),
  'vm.create': call<VmRecord>()(v.object({ name, imageId: id, memoryMib: v.number() })),
  'vm.rename': call<VmRecord>()(v.object({ vmId: id, name })),
  /** It can be had back for a while (DELETED_VM_KEPT_MS). */
  'vm.delete': call<void>()(v.object({ vmId: id })),
  'vm.undelete': call<VmRecord>()(v.object({ vmId: id })),
  /** A second VM like it; `snapshotId` is the first as it runs now, taken for this. Null for one that is stopped. */
  'vm.duplicate': call<VmRecord>()(v.object({ vmId: id, name, snapshotId: v.nullable(id) })),
  'vm.setTags': call<VmRecord>()(
    v.object({ vmId: id, tags: v.pipe(v.array(v.pipe(v.string(), v.maxLength(200))), v.maxLength(100)) }),
  ),
  /** What its terminal showed when it was last saved, where that was kept. */
  'vm.screen': call<ScreenPreview | null>()(v.object({ vmId: id })),
  'vm.launch': call<LaunchPlan>()(v.object({ vmId: id, from: launchFrom })),
  'vm.savedStates': call<SavedStates>()(v.object({ vmId: id })),
  /** What the VM was last launched from could not be loaded, since it is damaged: it is checked and marked as that. */
  'vm.startIsDamaged': call<void>()(v.object({ vmId: id })),
  /** The machine launched from this snapshot runs: the VM goes on from it. */
  'vm.restored': call<void>()(v.object({ vmId: id, snapshotId: id })),
  /** Keeps a VM's network settings, and applies them at once when it runs. */
  'vm.setNetwork': call<VmRecord>()(v.object({ vmId: id, settings: networkSettingsSchema })),
  /** Null while the VM has no link to the relay: it does not run, or the relay is being restarted. */
  'vm.networkView': call<NetworkView | null>()(v.object({ vmId: id })),
  /**
   * Writes the frames of a running VM to a file, which a person chooses in the system's dialog, until it is turned off.
   * Answers whether a capture is on: closing the dialog turns nothing on.
   */
  'vm.capture': call<boolean>()(v.object({ vmId: id, on: v.boolean() })),
  /** How its terminals were laid out, as the page last gave it; null for never. Only the page understands it. */
  'workspace.get': call<string | null>()(v.object({ vmId: id })),
  'workspace.set': call<void>()(
    v.object({ vmId: id, text: v.pipe(v.string(), v.maxLength(WORKSPACE_MAX_CHARACTERS)) }),
  ),
  'relay.status': call<RelayStatus>()(none),
  /** Null turns the snapshots that are taken by the clock off. */
  'vm.setCheckpoints': call<VmRecord>()(v.object({ vmId: id, checkpoints: v.nullable(checkpointsSchema) })),
  'snapshot.update': call<void>()(v.object({ snapshotId: id, changes: snapshotChanges })),
  /** It becomes a sibling of its parent. */
  'snapshot.moveUp': call<void>()(v.object({ snapshotId: id })),
  /** What continues from it continues from its parent. Refused while it is protected, or a VM resumes from it. */
  'snapshot.delete': call<void>()(v.object({ snapshotId: id })),
  'snapshot.fork': call<VmRecord>()(v.object({ snapshotId: id, name })),
  /** What its terminal showed, where that was kept. */
  /** Reads all of it, before something that works is given up for it. Fails with `damaged`. */
  'snapshot.check': call<void>()(v.object({ snapshotId: id })),
  /** What changed from the files of one to those of the other. */
  'snapshot.compare': call<FileChanges>()(v.object({ beforeId: id, afterId: id })),
  'snapshot.screen': call<ScreenPreview | null>()(v.object({ snapshotId: id })),
  /** Opens the system's save dialog; null means the user closed it. */
  'snapshot.export': call<{ readonly sizeBytes: number } | null>()(
    v.object({ snapshotId: id, withChildren: v.boolean(), withImage: v.boolean() }),
  ),
  /** Opens the system's file dialog; null means the user closed it. */
  'snapshot.import': call<{ readonly names: readonly string[] } | null>()(none),
  /** Reads what every snapshot needs of the disk: for a view that a person opens. */
  'library.usage': call<LibraryUsage>()(none),
  /** Compares every byte with its hash. */
  'library.verify': call<{ readonly damage: readonly DamageSummary[] }>()(none),
  /** Removes what nothing needs. */
  'library.clean': call<{
    readonly freedBytes: number;
    /** Sentences about what could not be judged now and was left alone. */
    readonly kept: readonly string[];
  }>()(none),
  'image.build': call<ImageSummary>()(v.object({ recipe: recipeName, kernel: v.picklist(KERNEL_CHOICES) })),
  /** Opens the system's file dialog for a root file system's tarball; null means the user closed it. */
  'image.chooseFile': call<ChosenFile | null>()(none),
  /** Builds an image of the file that was chosen last; it can be tried again. */
  'image.import': call<ImportedImage>()(
    v.object({
      token: fileToken,
      name,
      kernel: v.picklist(KERNEL_CHOICES),
      memoryMib: v.nullable(v.number()),
    }),
  ),
  'image.cancelBuild': call<void>()(none),
  /** What is installed and what can be built: reads the images’ lists of files. */
  'image.catalogue': call<ImageCatalogue>()(none),
  'image.details': call<ImageDetails>()(v.object({ imageId: id })),
  /** What a build would fetch and need; nothing is begun. */
  'image.plan': call<BuildPlan>()(v.object({ recipe: recipeName })),
  /** Opens the system's file dialog for a recipe's file; null means the user closed it. */
  'image.chooseRecipe': call<ChosenRecipe | null>()(none),
  /** Builds the recipe that was chosen last; it can be tried again. */
  'image.buildChosen': call<ImageSummary>()(v.object({ token: fileToken })),
  /** Refused while a VM or a snapshot needs it. */
  'image.delete': call<ImageRemoved>()(v.object({ imageId: id })),
  /** Opens the system's file dialog; an empty list means the user closed it. */
  'file.chooseImport': call<readonly ChosenFile[]>()(none),
  /** The same for folders. */
  'file.chooseImportFolder': call<readonly ChosenFile[]>()(none),
  /** Packs a chosen folder; the token is the archive's, there until it is released. */
  'file.packFolder': call<{ readonly token: string }>()(v.object({ token: fileToken })),
  /** Only the preload calls this, with the paths of dropped files. */
  'file.dropped': call<readonly ChosenFile[]>()(
    v.pipe(v.array(v.pipe(v.string(), v.maxLength(4096))), v.maxLength(256)),
  ),
  /** Opens the system's save dialog; null means the user closed it. */
  'file.chooseExport': call<ExportTarget | null>()(v.object({ suggestedName: guestName })),
  /** Opens the system's dialog for a folder to save several things into; null means the user closed it. */
  'file.chooseExportFolder': call<ExportTarget | null>()(none),
  /** A free name in such a folder. */
  'file.exportInto': call<ExportTarget>()(v.object({ folderToken: fileToken, name: guestName })),
  /** A private folder for files that are to be dragged out; it goes by itself. */
  'file.openDrag': call<DragOffer>()(
    v.object({ names: v.pipe(v.array(guestName), v.minLength(1), v.maxLength(DRAG_MAX_FILES)) }),
  ),
  /** All files are in that folder: begins the system's drag. */
  'file.startDrag': call<void>()(v.object({ token: fileToken })),
  /** A new token for the file that a spent one led to: the person wants another try. */
  'file.again': call<{ readonly token: string }>()(v.object({ token: fileToken })),
  /** Opens the system's save dialog for a picture of a VM's screen; null means the user closed it. */
  'screen.save': call<{ readonly name: string } | null>()(
    v.object({
      suggestedName: guestName,
      png: v.pipe(
        v.instance(Uint8Array),
        v.check(({ byteLength }) => byteLength <= PICTURE_MAX_BYTES),
      ),
    }),
  ),
  /** A copy is over or is to be broken off. */
  'file.release': call<void>()(v.object({ token: fileToken })),
} as const;

export type CallName = keyof typeof CALLS;
export type CallArgs<Name extends CallName> = v.InferOutput<(typeof CALLS)[Name]['args']>;
export type CallValue<Name extends CallName> =
  NonNullable<(typeof CALLS)[Name]['value']> extends never ? void : Exclude<(typeof CALLS)[Name]['value'], undefined>;

/** How far something long has come: `fraction` from 0 to 1. */
export interface LibraryProgress {
  readonly what: 'export' | 'import' | 'verify' | 'clean';
  readonly fraction: number;
}

/** Main tells the page. */
export interface Events {
  'library.changed': LibrarySnapshot;
  'library.progress': LibraryProgress;
  'image.progress': BuildProgress;
  'file.progress': FileProgress;
  /** The window is about to close: suspend every running VM, then call `app.quitReady`. */
  'app.quitting': { readonly reason: string };
  'settings.changed': Settings;
  'relay.changed': RelayStatus;
  /** A running VM has a new link to the relay. */
  'vm.link': LinkOffer;
  /** A machine's worker is gone: it crashed, ran out of memory, or was ended. */
  'vm.gone': MachineGone;
  /** The window came into sight or went out of it. Chromium does not say so itself, since it is not to slow VMs down. */
  'window.seen': { readonly isSeen: boolean };
  /** A command was chosen in the application menu or the tray. */
  'command.run': { readonly id: CommandId };
  /** A link was opened (`link.take` says which). */
  'link.waiting': null;
  /** A notification of this page was clicked: what `notification.show` named. */
  'notification.clicked': { readonly token: string };
  /** A VM was chosen in the tray. */
  'vm.show': { readonly vmId: VmId };
}

export type EventName = keyof Events;
