import { mkdir } from 'node:fs/promises';
import { newStateId, newVmId, type ImageId, type StateId, type VmId } from '../shared/model/ids.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import { parseMemoryMib, parseName } from '../shared/model/names.ts';
import { DEFAULT_NETWORK, type NetworkSettings } from '../shared/model/network.ts';
import type { MachineConfig, StateManifest } from '../shared/model/state.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { FailureError, unwrap } from '../shared/result.ts';
import { BlobStore } from './blob-store.ts';
import { ChangeQueue } from './change-queue.ts';
import { Claims, type Hold } from './claims/claims.ts';
import type { Program } from './claims/process-mark.ts';
import { beginWriting } from './claims/writing.ts';
import { FileStateStore } from './file-state-store.ts';
import { findStart, type Start } from './find.ts';
import { collectGarbage, findProblems, sweepBlobs, tidyUp, type GarbageReport } from './garbage.ts';
import { deleteImage } from './image-removal.ts';
import { holdImage, holdVm, refuseElsewhere, whileNotElsewhere } from './holds.ts';
import { ImageStore } from './image-store.ts';
import type { LibraryParts } from './library-parts.ts';
import { libraryPaths } from './paths.ts';
import { deleteSnapshot, getSnapshot, renameSnapshot } from './snapshot-changes.ts';
import { removeIfHead, saveBase, saveState, type SaveRequest } from './state-saves.ts';
import type { StateStore, StateWriter } from './state-store.ts';
import { verifyLibrary, type VerifyOptions, type VerifyReport } from './verify.ts';
import { VmStore } from './vm-store.ts';
import { watchLibrary } from './watch.ts';

export type { Hold } from './claims/claims.ts';

export interface LibraryDependencies {
  /** The time, as `Date.now`. */
  readonly now: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  /** Which of our programs this is, for those who find something in use by it. */
  readonly program?: Program;
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
  private readonly dependencies: LibraryDependencies;
  private readonly claims: Claims;
  private readonly changes = new ChangeQueue();
  private readonly parts: LibraryParts;
  /** From the first file of an image that is built here until its manifest is there. */
  private building: Promise<Hold> | null = null;
  private readonly watches = new Set<() => void>();

  private constructor(home: string, dependencies: LibraryDependencies) {
    const paths = libraryPaths(home);
    this.claims = new Claims(paths.claims, dependencies.program ?? 'program');
    this.blobs = new BlobStore(paths.blobs, () => this.beginBuilding());
    this.images = new ImageStore(paths.images);
    this.vms = new VmStore(paths.vms);
    this.states = new FileStateStore(paths.states);
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
    try {
      return { library, report: { problems: await tidyUp(library.parts) } };
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
    for (const end of this.watches) end();
    await this.changes.idle();
    await this.claims.close();
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
  collectGarbage(options: { dryRun: boolean }): Promise<GarbageReport> {
    return collectGarbage(this.parts, options);
  }

  /** Calls back when another process has changed the library. @returns what ends it */
  watch(onChange: () => void): () => void {
    const stop = watchLibrary(this.claims, onChange);
    const end = (): void => {
      this.watches.delete(end);
      stop();
    };
    this.watches.add(end);
    return end;
  }

  async listVms(): Promise<readonly VmRecord[]> {
    return (await this.vms.list()).records;
  }

  getVm(id: VmId): Promise<VmRecord> {
    return this.vms.get(id);
  }

  /** @throws FailureError `bad-input` for a bad name or memory size, `not-found` for an unknown image, `exists` */
  createVm(request: { name: string; imageId: ImageId; memoryMib: number }): Promise<VmRecord> {
    return this.change(async () => {
      const name = await this.freeVmName(request.name, null);
      const memoryMib = unwrap(parseMemoryMib(request.memoryMib));
      const image = await this.images.get(request.imageId);
      return this.addVm({ name, imageId: image.id, memoryMib, head: null, parent: null, network: DEFAULT_NETWORK });
    });
  }

  /**
   * A new VM that starts where a snapshot was taken, with the network of the VM it was taken of as far as that
   * is still there. @throws FailureError `not-found` for what is no snapshot
   */
  fork(snapshotId: StateId, vmName: string): Promise<VmRecord> {
    return this.change(async () => {
      const snapshot = await getSnapshot(this.parts, snapshotId);
      const name = await this.freeVmName(vmName, null);
      const { imageId, memoryMib } = snapshot.config;
      await this.images.get(imageId);
      const network = await this.networkForFork(snapshot.vmId);
      return this.addVm({ name, imageId, memoryMib, head: snapshotId, parent: snapshotId, network });
    });
  }

  renameVm(id: VmId, newName: string): Promise<VmRecord> {
    return this.change(async () => {
      const vm = await this.vms.get(id);
      return this.vms.put({ ...vm, name: await this.freeVmName(newName, id) });
    });
  }

  /** @param network checked by the caller as far as the relay must understand it */
  setVmNetwork(id: VmId, network: NetworkSettings): Promise<VmRecord> {
    return this.change(async () => this.vms.put({ ...(await this.vms.get(id)), network }));
  }

  /**
   * Makes a VM resume from a snapshot from now on, as after a restore. The head it had is removed.
   * @throws FailureError `not-found`, `config-mismatch` for a snapshot of another image or memory size
   */
  makeHead(vmId: VmId, snapshotId: StateId): Promise<VmRecord> {
    return this.change(async () => {
      const vm = await this.vms.get(vmId);
      await refuseElsewhere(this.parts, vm, 'restore it here');
      const { name, config } = await getSnapshot(this.parts, snapshotId);
      if (config.imageId !== vm.imageId || config.memoryMib !== vm.memoryMib) {
        throw new FailureError(
          'config-mismatch',
          `The snapshot “${name}” is of image ${config.imageId} with ${config.memoryMib} MiB, “${vm.name}” has image ${vm.imageId} with ${vm.memoryMib} MiB. Both were kept as they are: fork the snapshot to run it.`,
        );
      }
      const changed = await this.vms.put({ ...vm, head: snapshotId, parent: snapshotId });
      await removeIfHead(this.parts, vm.head);
      return changed;
    });
  }

  /** Deletes a VM and its head. Its snapshots stay. @throws FailureError `busy` while it runs, here or elsewhere */
  deleteVm(id: VmId): Promise<void> {
    return this.change(async () => {
      const vm = await this.vms.get(id);
      await whileNotElsewhere(this.parts, vm, 'delete it', async () => {
        await this.vms.remove(id);
        await removeIfHead(this.parts, vm.head);
      });
    });
  }

  /**
   * Begins a new head or snapshot of a VM, or a snapshot of a machine that is no VM. When `commit` resolves it is
   * durable and the VM's record points to it; the head it replaces is removed only after that. When it fails, the
   * new state is gone and the record is as before.
   */
  saveState(request: SaveRequest): Promise<StateWriter> {
    return saveState(this.parts, request);
  }

  /** Begins the base snapshot of an image that is being built. */
  async saveBase(name: string, config: MachineConfig): Promise<StateWriter> {
    await this.beginBuilding();
    return saveBase(this.parts, name, config);
  }

  async snapshots(): Promise<readonly StateManifest[]> {
    return (await this.states.list()).states.filter(({ kind }) => kind === 'snapshot');
  }

  /** Whether no snapshot has this name. @throws FailureError `bad-input` for what is no name */
  async snapshotNameIsFree(text: string): Promise<boolean> {
    const name = unwrap(parseName('snapshot', text));
    return !(await this.states.names()).some((state) => state.kind === 'snapshot' && state.name === name);
  }

  renameSnapshot(id: StateId, newName: string): Promise<StateManifest> {
    return this.change(() => renameSnapshot(this.parts, id, newName));
  }

  /**
   * Deletes a snapshot, damaged or not. Succeeds when it is already gone.
   * @throws FailureError `busy` while a VM resumes from it, `not-found` for what is no snapshot
   */
  deleteSnapshot(id: StateId): Promise<void> {
    return this.change(() => deleteSnapshot(this.parts, id));
  }

  /** The image, unless a VM, a snapshot or a running machine still needs it. @throws FailureError `busy` */
  async deleteImage(id: ImageId): Promise<void> {
    await this.change(() => deleteImage(this.parts, id));
    // The image is gone now. What cannot be removed of it only takes space, and is garbage from now on.
    await Promise.allSettled([sweepBlobs(this.parts)]);
  }

  /** Adds a finished image: its blobs are flushed first, its manifest appears last. */
  async addImage(manifest: ImageManifest, blobs: Parameters<BlobStore['flush']>[0]): Promise<void> {
    // Nobody sweeps blobs while an image is being built, so this one names only what is there.
    await this.beginBuilding();
    await this.blobs.flush(blobs);
    await this.change(() => this.images.put(manifest));
    await this.endBuilding();
  }

  timestamp(): string {
    return new Date(this.dependencies.now()).toISOString();
  }

  private async addVm(fields: Omit<VmRecord, 'id' | 'createdAt'>): Promise<VmRecord> {
    const id = newVmId(this.dependencies.randomBytes);
    return this.vms.put({ id, ...fields, createdAt: this.timestamp() });
  }

  private async networkForFork(vmId: VmId | null): Promise<NetworkSettings> {
    const { records } = await this.vms.list();
    const origin = records.find((vm) => vm.id === vmId);
    // A port of the host can lead to one VM only, and the original has it.
    return origin ? { ...origin.network, forwards: [] } : DEFAULT_NETWORK;
  }

  private async freeVmName(text: string, self: VmId | null): Promise<string> {
    const name = unwrap(parseName('VM', text));
    const { records } = await this.vms.list();
    if (records.some((vm) => vm.name === name && vm.id !== self)) {
      throw new FailureError('exists', `There is a VM called “${name}” already. Choose another name.`);
    }
    return name;
  }

  private change<T>(change: () => Promise<T>): Promise<T> {
    return this.changes.run(() => this.claims.exclusively(change));
  }

  private beginBuilding(): Promise<Hold> {
    this.building ??= beginWriting(this.claims, 'building').catch((cause: unknown) => {
      this.building = null;
      throw cause;
    });
    return this.building;
  }

  private async endBuilding(): Promise<void> {
    const hold = await this.building;
    this.building = null;
    await hold?.release();
  }
}
