import { mkdir } from 'node:fs/promises';
import type { Checkpoints } from '../shared/model/checkpoints.ts';
import { newStateId, newVmId, type ImageId, type StateId, type VmId } from '../shared/model/ids.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import { parseName } from '../shared/model/names.ts';
import type { NetworkSettings } from '../shared/model/network.ts';
import type {
  LibraryUsage,
  MachineConfig,
  ScreenPreview,
  SnapshotChanges,
  StateManifest,
} from '../shared/model/state.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { FailureError, unwrap } from '../shared/result.ts';
import { BlobStore } from './blob-store.ts';
import type { ExportReport, ExportRequest } from './bundle/export-bundle.ts';
import type { ImportReport, ImportRequest } from './bundle/import-bundle.ts';
import { ChangeQueue } from './change-queue.ts';
import { Claims, type Hold } from './claims/claims.ts';
import type { Program } from './claims/process-mark.ts';
import { FileStateStore } from './file-state-store.ts';
import { findStart, type Start } from './find.ts';
import { collectGarbage, findProblems, sweepBlobs, sweepPages, tidyUp, type GarbageReport } from './garbage.ts';
import { ImageBuilding } from './image-building.ts';
import { deleteImage } from './image-removal.ts';
import type { ImageRemoved } from '../shared/model/image-catalogue.ts';
import { holdImage, holdVm } from './holds.ts';
import { ImageStore } from './image-store.ts';
import type { LibraryParts } from './library-parts.ts';
import { libraryUsage } from './library-usage.ts';
import { PageSweeper } from './page-sweeper.ts';
import { ThreadPageWork } from './pages/thread-work.ts';
import { libraryPaths } from './paths.ts';
import { freeBytesOf, refuseWithoutRoom } from './room.ts';
import { deleteSnapshot, getSnapshot, moveSnapshotUp, updateSnapshot } from './snapshot-changes.ts';
import { saveBase, saveState, type SaveRequest } from './state-saves.ts';
import type { StateStore, StateWriter } from './state-store.ts';
import { verifyLibrary, type VerifyOptions, type VerifyReport } from './verify.ts';
import { createVm, deleteVm, forkSnapshot, makeHead, renameVm, setOfVm, type VmRequest } from './vm-changes.ts';
import { deleteForNow, isDeletionOver, removeDeleted, undelete } from './vm-deletions.ts';
import { duplicateVm } from './vm-duplicates.ts';
import { VmStore } from './vm-store.ts';
import { watchLibrary } from './watch.ts';

export type { Hold } from './claims/claims.ts';

export interface LibraryDependencies {
  /** The time, as `Date.now`. */
  readonly now: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  /** Which of our programs this is, for those who find something in use by it. */
  readonly program?: Program;
  /** The built pages/entry-thread.ts, where work on pages is to be done in a thread of its own; else it is done here. */
  readonly pageWorker?: string;
  /** What the file system of the library's folder has left; asked of the system unless given. */
  readonly freeBytes?: (folder: string) => Promise<number>;
  /** Is told what went wrong while what removed states left behind was cleaned up; `close` throws it unless given. */
  readonly onCleaningFailed?: (cause: unknown) => void;
}

/** What the library found when it was opened, in sentences for a person. */
export interface OpeningReport {
  readonly problems: readonly string[];
}

/**
 * Everything a person keeps: VMs, their states, and the images they run.
 *
 * A change reads records, decides and writes them back, so changes take turns, also with those of other processes
 * that use the same library (claims/). They are rare and short; the bytes of states and images are written beside.
 */
export class Library {
  readonly blobs: BlobStore;
  readonly images: ImageStore;
  readonly states: StateStore;
  private readonly vms: VmStore;
  private readonly home: string;
  private readonly pageWork: ThreadPageWork | null;
  private readonly dependencies: LibraryDependencies;
  private readonly claims: Claims;
  private readonly changes = new ChangeQueue();
  private readonly parts: LibraryParts;
  private readonly building: ImageBuilding;
  private readonly sweeper: PageSweeper;
  /** Whether something was left behind that is not worth cleaning up at once. */
  private hasLeftovers = false;
  /** Whether leftovers are looked for when the library is opened like this again. */
  private isTidied = false;
  /** What ends each watch, and whom it tells. */
  private readonly watches = new Map<() => void, () => void>();

  private constructor(home: string, dependencies: LibraryDependencies) {
    const paths = libraryPaths(home);
    this.home = home;
    this.claims = new Claims(paths.claims, dependencies.program ?? 'program');
    this.building = new ImageBuilding(this.claims);
    this.sweeper = new PageSweeper(() => this.sweep(), dependencies.onCleaningFailed ?? null);
    this.blobs = new BlobStore(paths.blobs, () => this.building.begin());
    this.images = new ImageStore(paths.images);
    this.vms = new VmStore(paths.vms);
    const { pageWorker } = dependencies;
    this.pageWork = pageWorker === undefined ? null : new ThreadPageWork(pageWorker, paths, dependencies);
    this.states = new FileStateStore(paths, dependencies, this.pageWork ?? undefined);
    this.dependencies = dependencies;
    this.parts = {
      blobs: this.blobs,
      images: this.images,
      states: this.states,
      vms: this.vms,
      claims: this.claims,
      change: (change) => this.change(change),
      newStateId: () => newStateId(dependencies.randomBytes),
      timestamp: () => this.timestamp(),
    };
  }

  /**
   * Opens the library of a data folder, creating it where there is none. Leftovers of a crash are removed, unless
   * they may be what another process is writing just now; what is damaged is reported and left alone.
   */
  static async open(
    home: string,
    dependencies: LibraryDependencies,
  ): Promise<{ library: Library; report: OpeningReport }> {
    const library = await Library.join(home, dependencies);
    // Who opens it so stays: machines are launched soon.
    library.pageWork?.begin();
    library.isTidied = true;
    try {
      await library.removeDeletedVms();
      const problems = await tidyUp(library.parts);
      library.sweeper.request();
      return { library, report: { problems } };
    } catch (cause) {
      // Leftovers only take space: neither a process that changes the library for long nor a full disk is a reason
      // not to open it.
      if (!(cause instanceof FailureError)) throw cause;
      return { library, report: { problems: [cause.message, ...(await findProblems(library.parts))] } };
    }
  }

  /**
   * The same library without looking it over: for a process that does one thing (the command, an image builder).
   * Others learn of it when it first changes or holds something.
   */
  static async join(home: string, dependencies: LibraryDependencies): Promise<Library> {
    await mkdir(home, { recursive: true });
    return new Library(home, dependencies);
  }

  /** Gives up everything this process has of the library. Changes under way are waited for. */
  async close(): Promise<void> {
    for (const end of [...this.watches.keys()]) end();
    await this.changes.idle();
    // Who opens the library does that the next time, rather than be slow to quit.
    if (this.hasLeftovers && !this.isTidied) this.sweeper.request();
    try {
      await this.sweeper.idle();
    } finally {
      await this.pageWork?.close();
      await this.claims.close();
    }
  }

  /** An image or a snapshot, by name or id. @throws FailureError `not-found`, `bad-input` for an ambiguous name */
  find(nameOrId: string): Promise<Start> {
    return findStart(this.parts, nameOrId);
  }

  /** Makes a VM this process's own while its machine runs. @throws FailureError `busy` at once, `not-found` */
  holdVm(id: VmId): Promise<Hold> {
    return holdVm(this.parts, id);
  }

  /** Keeps an image from being deleted, by anyone. @throws FailureError `not-found` */
  holdImage(id: ImageId): Promise<Hold> {
    return holdImage(this.parts, id);
  }

  /** Compares every byte with its hash. @throws FailureError `cancelled`, `not-found` */
  verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    return verifyLibrary(this.parts, options);
  }

  /** Removes what nothing needs, or says what it would remove. */
  async collectGarbage(options: { dryRun: boolean }): Promise<GarbageReport> {
    // Two at once would keep each other out.
    await this.sweeper.settled();
    return collectGarbage(this.parts, options);
  }

  /** Writes snapshots to a `.terrarium` file. @throws FailureError as bundle/export-bundle.ts says */
  async exportBundle(request: ExportRequest): Promise<ExportReport> {
    // Most programs never need it, and all of them start.
    const { exportBundle } = await import('./bundle/export-bundle.ts');
    return exportBundle(this.parts, request);
  }

  /** Adds what a `.terrarium` file holds, or nothing of it. @throws FailureError as bundle/import-bundle.ts says */
  async importBundle(request: ImportRequest): Promise<ImportReport> {
    const { importBundle } = await import('./bundle/import-bundle.ts');
    try {
      const report = await importBundle(this.parts, request);
      await this.building.end();
      return report;
    } catch (cause) {
      this.hasLeftovers = true;
      await this.building.end();
      // Files of an image that was not added only take space.
      await Promise.allSettled([sweepBlobs(this.parts)]);
      this.sweeper.request();
      throw cause;
    }
  }

  /** What everything takes on disk, and what deleting each snapshot would free. Reads what every state needs. */
  usage(): Promise<LibraryUsage> {
    return libraryUsage(this.parts);
  }

  /**
   * Calls back when another process has changed the library, and when what removed states left behind was freed in the
   * background. @returns what ends it
   */
  watch(onChange: () => void): () => void {
    const stop = watchLibrary(this.claims, onChange);
    const end = (): void => {
      this.watches.delete(end);
      stop();
    };
    this.watches.set(end, onChange);
    return end;
  }

  async listVms(): Promise<readonly VmRecord[]> {
    return (await this.vms.list()).records.filter((vm) => vm.deletedAt === undefined);
  }

  getVm(id: VmId): Promise<VmRecord> {
    return this.vms.get(id);
  }

  /** @throws FailureError `bad-input` for a bad name or memory size, `not-found` for an unknown image, `exists` */
  createVm(request: VmRequest): Promise<VmRecord> {
    return this.change(() => createVm(this.parts, this.newVmId(), request));
  }

  /**
   * A new VM that starts where a snapshot was taken, with the network of the VM it was taken of as far as that
   * is still there. @throws FailureError `not-found` for what is no snapshot
   */
  fork(snapshotId: StateId, vmName: string): Promise<VmRecord> {
    return this.change(() => forkSnapshot(this.parts, this.newVmId(), snapshotId, vmName));
  }

  renameVm(id: VmId, newName: string): Promise<VmRecord> {
    return this.change(() => renameVm(this.parts, id, newName));
  }

  /** @param network checked by the caller as far as the relay must understand it */
  setVmNetwork(id: VmId, network: NetworkSettings): Promise<VmRecord> {
    return this.change(() => setOfVm(this.parts, id, { network }));
  }

  /**
   * How often the VM is kept by itself while it runs. Whoever runs it takes those snapshots (`saveState` with
   * `madeBy: 'timer'`); each removes the oldest beyond `keep`.
   */
  setCheckpoints(id: VmId, checkpoints: Checkpoints | null): Promise<VmRecord> {
    return this.change(() => setOfVm(this.parts, id, { checkpoints }));
  }

  /**
   * Makes a VM resume from a snapshot from now on, as after a restore. The head it had becomes a snapshot, so that the
   * restore can be undone; the last few of those are kept.
   * @throws FailureError `not-found`, `config-mismatch` for a snapshot of another image or memory size
   */
  makeHead(vmId: VmId, snapshotId: StateId): Promise<VmRecord> {
    return this.sweepingAfter(this.change(() => makeHead(this.parts, vmId, snapshotId)));
  }

  /** @throws FailureError `bad-input` for what is no tag */
  setVmTags(id: VmId, tags: readonly string[]): Promise<VmRecord> {
    return this.change(() => setOfVm(this.parts, id, { tags }));
  }

  /** A second VM with the state of a first, as {@link duplicateVm} says. @throws FailureError `bad-input`, `exists` */
  duplicateVm(origin: VmId, vmName: string, state: StateId | null): Promise<VmRecord> {
    return this.change(() => duplicateVm(this.parts, this.newVmId(), origin, vmName, state));
  }

  /** What the VM's terminal showed when it was last saved, where that was kept. @throws FailureError `not-found` */
  async vmScreen(id: VmId): Promise<ScreenPreview | null> {
    const { head } = await this.vms.get(id);
    return head === null ? null : this.states.screen(head);
  }

  /**
   * Deletes a VM so that {@link undeleteVm} can take it back, for DELETED_VM_KEPT_MS or until it is removed for good.
   * @throws FailureError `busy` while it runs, here or elsewhere
   */
  deleteVmForNow(id: VmId): Promise<VmRecord> {
    return this.change(() => deleteForNow(this.parts, id));
  }

  /** @throws FailureError `not-found` when it is gone for good */
  undeleteVm(id: VmId): Promise<VmRecord> {
    return this.change(() => undelete(this.parts, id));
  }

  /** Removes deleted VMs for good: those with these ids, or else those whose time is over. */
  async removeDeletedVms(ids: readonly VmId[] | null = null): Promise<void> {
    const isDue = (vm: VmRecord): boolean =>
      ids === null ? isDeletionOver(vm, this.dependencies.now()) : ids.includes(vm.id);
    // Seldom is there any, and a change keeps others waiting.
    if (!(await this.deletedVms()).some(isDue)) return;
    await this.change(() => removeDeleted(this.parts, isDue));
    this.sweeper.request();
  }

  /** The VMs that are deleted and can still be had back. */
  async deletedVms(): Promise<readonly VmRecord[]> {
    return (await this.vms.list()).records.filter((vm) => vm.deletedAt !== undefined);
  }

  /** Deletes a VM and its head. Its snapshots stay. @throws FailureError `busy` while it runs, here or elsewhere */
  deleteVm(id: VmId): Promise<void> {
    return this.sweepingAfter(this.change(() => deleteVm(this.parts, id)));
  }

  /**
   * Begins a new head or snapshot of a VM, or a snapshot of a machine that is no VM. When `commit` resolves it is
   * durable and the VM's record points to it; the head it replaces is removed only after that. When it fails, the
   * new state is gone and the record is as before.
   * @throws FailureError `disk-full` before anything is written, where little room is left for a snapshot
   */
  async saveState(request: SaveRequest): Promise<StateWriter> {
    // A machine that ends is kept by its head or not at all: that is tried whatever room there is.
    if (request.kind !== 'head') {
      await refuseWithoutRoom({
        freeBytes: () => (this.dependencies.freeBytes ?? freeBytesOf)(this.home),
        usage: () => this.usage(),
        snapshots: () => this.snapshots(),
      });
    }
    const writer = await saveState(this.parts, request);
    return {
      write: (piece) => writer.write(piece),
      abort: () => writer.abort(),
      commit: async () => {
        const manifest = await writer.commit();
        // A head replaces another one. It is saved when somebody waits: the next machine, or the end of the program.
        if (manifest.kind === 'head') this.hasLeftovers = true;
        else if (manifest.madeBy !== 'person') this.sweeper.request();
        return manifest;
      },
    };
  }

  /** Begins the base snapshot of an image that is being built. */
  async saveBase(name: string, config: MachineConfig, frontBytes = 0): Promise<StateWriter> {
    await this.building.begin();
    return saveBase(this.parts, name, config, frontBytes);
  }

  async snapshots(): Promise<readonly StateManifest[]> {
    return (await this.states.list()).states.filter(({ kind }) => kind === 'snapshot');
  }

  /** Whether no snapshot has this name. @throws FailureError `bad-input` for what is no name */
  async snapshotNameIsFree(text: string): Promise<boolean> {
    const name = unwrap(parseName('snapshot', text));
    return !(await this.states.names()).some((state) => state.kind === 'snapshot' && state.name === name);
  }

  /** What the machine's terminal showed, where that was kept. @throws FailureError `not-found` */
  async snapshotScreen(id: StateId): Promise<ScreenPreview | null> {
    return this.states.screen((await getSnapshot(this.parts, id)).id);
  }

  /** @throws FailureError `bad-input`, `not-found` for what is no snapshot */
  updateSnapshot(id: StateId, changes: SnapshotChanges): Promise<StateManifest> {
    return this.change(() => updateSnapshot(this.parts, id, changes));
  }

  /** Makes a snapshot a sibling of its parent. @throws FailureError `illegal-transition` for one at the top */
  moveSnapshotUp(id: StateId): Promise<StateManifest> {
    return this.change(() => moveSnapshotUp(this.parts, id));
  }

  /**
   * Deletes a snapshot, damaged or not; what continues from it continues from its parent then. Succeeds when it is
   * already gone.
   * @throws FailureError `busy` while it is protected or a VM resumes from it, `not-found` for what is no snapshot
   */
  deleteSnapshot(id: StateId): Promise<void> {
    return this.sweepingAfter(this.change(() => deleteSnapshot(this.parts, id)));
  }

  /** The image, unless a VM, a snapshot or a running machine still needs it. @throws FailureError `busy` */
  async deleteImage(id: ImageId): Promise<ImageRemoved> {
    await this.change(() => deleteImage(this.parts, id));
    // The image is gone now. What cannot be removed of it only takes space, and is garbage from now on.
    const freedBytes = await sweepBlobs(this.parts).catch(() => null);
    this.sweeper.request();
    return { freedBytes };
  }

  /** Adds a finished image: its blobs are flushed first, its manifest appears last. */
  async addImage(manifest: ImageManifest, blobs: Parameters<BlobStore['flush']>[0]): Promise<void> {
    // Nobody sweeps blobs while an image is being built, so this one names only what is there.
    await this.building.begin();
    await this.blobs.flush(blobs);
    await this.change(() => this.images.put(manifest));
    await this.building.end();
  }

  /** Gives up an image that is not finished: its files, which nobody names, go. */
  async abandonImage(): Promise<void> {
    this.hasLeftovers = true;
    await this.building.end();
    await Promise.allSettled([sweepBlobs(this.parts)]);
    this.sweeper.request();
  }

  /** Where it is kept. */
  get folder(): string {
    return this.home;
  }

  timestamp(): string {
    return new Date(this.dependencies.now()).toISOString();
  }

  private newVmId(): VmId {
    return newVmId(this.dependencies.randomBytes);
  }

  private change<T>(change: () => Promise<T>): Promise<T> {
    return this.changes.run(() => this.claims.exclusively(change));
  }

  private async sweep(): Promise<void> {
    // Who cleans up keeps out who saves, also other processes: not for nothing.
    const { freedBytes } = await this.states.collect({ dryRun: true });
    if (freedBytes === 0 || (await sweepPages(this.parts)) === 0) return;
    for (const onChange of this.watches.values()) onChange();
  }

  /** What removed states leave behind is freed soon, and nobody waits for it. */
  private async sweepingAfter<T>(change: Promise<T>): Promise<T> {
    const value = await change;
    this.sweeper.request();
    return value;
  }
}
