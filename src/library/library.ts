import { mkdir } from 'node:fs/promises';
import { newStateId, newVmId, type ImageId, type StateId, type VmId } from '../shared/model/ids.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import { parseMemoryMib, parseName } from '../shared/model/names.ts';
import { DEFAULT_NETWORK, type NetworkSettings } from '../shared/model/network.ts';
import type { MachineConfig, StateKind, StateManifest } from '../shared/model/state.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { FailureError, unwrap } from '../shared/result.ts';
import { BlobStore } from './blob-store.ts';
import { ChangeQueue } from './change-queue.ts';
import { FileStateStore } from './file-state-store.ts';
import { ImageStore } from './image-store.ts';
import { libraryPaths } from './paths.ts';
import type { StateStore, StateWriter } from './state-store.ts';
import { VmStore } from './vm-store.ts';

export interface LibraryDependencies {
  /** The time, as `Date.now`. */
  readonly now: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
}

/** What the library found when it was opened, in sentences for a person. */
export interface OpeningReport {
  readonly problems: readonly string[];
}

/**
 * Everything a person keeps: VMs, their states, and the images they run.
 *
 * A change reads records, decides and writes them back, so changes take turns. They are rare and
 * short; the bytes of states and images are written beside the queue.
 */
export class Library {
  readonly blobs: BlobStore;
  readonly images: ImageStore;
  readonly states: StateStore;
  private readonly vms: VmStore;
  private readonly dependencies: LibraryDependencies;
  private readonly changes = new ChangeQueue();

  private constructor(home: string, states: StateStore, dependencies: LibraryDependencies) {
    const paths = libraryPaths(home);
    this.blobs = new BlobStore(paths.blobs);
    this.images = new ImageStore(paths.images);
    this.vms = new VmStore(paths.vms);
    this.states = states;
    this.dependencies = dependencies;
  }

  /**
   * Opens the library of a data folder, creating it where there is none. Leftovers of a crash are
   * removed; what is damaged is reported and left alone.
   */
  static async open(
    home: string,
    dependencies: LibraryDependencies,
  ): Promise<{ library: Library; report: OpeningReport }> {
    await mkdir(home, { recursive: true });
    const states = new FileStateStore(libraryPaths(home).states);
    const library = new Library(home, states, dependencies);
    await states.removeUnfinished();
    await library.blobs.removeUnfinished();
    await library.images.removeUnfinished();
    await library.vms.removeUnfinished();
    const problems = await library.reclaim();
    return { library, report: { problems } };
  }

  /**
   * The same library for a second process (an image builder, the command beside the app): nothing
   * is cleaned up, since what looks unfinished may be what the first one is writing.
   */
  static async join(home: string, dependencies: LibraryDependencies): Promise<Library> {
    await mkdir(home, { recursive: true });
    return new Library(home, new FileStateStore(libraryPaths(home).states), dependencies);
  }

  async listVms(): Promise<readonly VmRecord[]> {
    return (await this.vms.list()).records;
  }

  getVm(id: VmId): Promise<VmRecord> {
    return this.vms.get(id);
  }

  /** @throws FailureError `bad-input` for a bad name or memory size, `not-found` for an unknown image, `exists` */
  createVm(request: { name: string; imageId: ImageId; memoryMib: number }): Promise<VmRecord> {
    return this.changes.run(async () => {
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
    return this.changes.run(async () => {
      const snapshot = await this.getSnapshot(snapshotId);
      const name = await this.freeVmName(vmName, null);
      const { imageId, memoryMib } = snapshot.config;
      await this.images.get(imageId);
      const network = await this.networkForFork(snapshot.vmId);
      return this.addVm({ name, imageId, memoryMib, head: snapshotId, parent: snapshotId, network });
    });
  }

  renameVm(id: VmId, newName: string): Promise<VmRecord> {
    return this.changes.run(async () => {
      const vm = await this.vms.get(id);
      return this.vms.put({ ...vm, name: await this.freeVmName(newName, id) });
    });
  }

  /** @param network checked by the caller as far as the relay must understand it */
  setVmNetwork(id: VmId, network: NetworkSettings): Promise<VmRecord> {
    return this.changes.run(async () => this.vms.put({ ...(await this.vms.get(id)), network }));
  }

  /**
   * Makes a VM resume from a snapshot from now on, as after a restore. The head it had is removed.
   * @throws FailureError `not-found`, `config-mismatch` for a snapshot of another image or memory size
   */
  makeHead(vmId: VmId, snapshotId: StateId): Promise<VmRecord> {
    return this.changes.run(async () => {
      const vm = await this.vms.get(vmId);
      const { name, config } = await this.getSnapshot(snapshotId);
      if (config.imageId !== vm.imageId || config.memoryMib !== vm.memoryMib) {
        throw new FailureError(
          'config-mismatch',
          `The snapshot “${name}” is of image ${config.imageId} with ${config.memoryMib} MiB, “${vm.name}” has image ${vm.imageId} with ${vm.memoryMib} MiB. Both were kept as they are: fork the snapshot to run it.`,
        );
      }
      const changed = await this.vms.put({ ...vm, head: snapshotId, parent: snapshotId });
      await this.removeIfHead(vm.head);
      return changed;
    });
  }

  /** Deletes a VM and its head. Its snapshots stay. */
  deleteVm(id: VmId): Promise<void> {
    return this.changes.run(async () => {
      const vm = await this.vms.get(id);
      await this.vms.remove(id);
      await this.removeIfHead(vm.head);
    });
  }

  /**
   * Begins a new head or snapshot of a VM. When `commit` resolves it is durable and the VM's record
   * points to it; the head it replaces is removed only after that. When it fails, the new state is gone
   * and the record is as before.
   */
  async saveState(request: {
    vmId: VmId;
    kind: Exclude<StateKind, 'base'>;
    content: 'full' | 'disk';
    name: string;
    config: MachineConfig;
    /** The snapshot the running machine's history continues from. */
    parent: StateId | null;
  }): Promise<StateWriter> {
    const vm = await this.vms.get(request.vmId);
    const name = request.kind === 'snapshot' ? unwrap(parseName('snapshot', request.name)) : '';
    const id = this.newStateId();
    const writer = await this.states.create({
      id,
      kind: request.kind,
      content: request.content,
      name,
      vmId: vm.id,
      vmName: vm.name,
      parent: request.parent,
      createdAt: this.timestamp(),
      config: request.config,
    });
    return {
      write: (piece) => writer.write(piece),
      abort: () => writer.abort(),
      commit: async () => {
        const manifest = await writer.commit();
        await this.changes.run(() => this.pointTo(vm.id, manifest));
        return manifest;
      },
    };
  }

  /** Begins the base snapshot of an image that is being built. */
  saveBase(name: string, config: MachineConfig): Promise<StateWriter> {
    return this.states.create({
      id: this.newStateId(),
      kind: 'base',
      content: 'full',
      name,
      vmId: null,
      vmName: '',
      parent: null,
      createdAt: this.timestamp(),
      config,
    });
  }

  renameSnapshot(id: StateId, newName: string): Promise<StateManifest> {
    return this.changes.run(async () => {
      await this.getSnapshot(id);
      return this.states.rename(id, unwrap(parseName('snapshot', newName)));
    });
  }

  /**
   * Deletes a snapshot, damaged or not. Succeeds when it is already gone.
   * @throws FailureError `busy` while a VM resumes from it, `not-found` for what is no snapshot
   */
  deleteSnapshot(id: StateId): Promise<void> {
    return this.changes.run(async () => {
      const { records } = await this.vms.list();
      const user = records.find((vm) => vm.head === id);
      if (user) {
        throw new FailureError(
          'busy',
          `“${user.name}” resumes from this snapshot and has no later state of its own, so it was kept. Suspend that VM once, or delete it, and try again.`,
        );
      }
      if (!(await this.maybeSnapshot(id))) throw noSuchSnapshot();
      await this.states.remove(id);
    });
  }

  /** The image, unless a VM or snapshot still needs it. */
  deleteImage(id: ImageId): Promise<void> {
    return this.changes.run(async () => {
      const image = await this.images.get(id);
      const { records } = await this.vms.list();
      const { states } = await this.states.list();
      const users = records.filter((vm) => vm.imageId === id).map((vm) => `VM “${vm.name}”`);
      const snapshots = states.filter((state) => state.kind === 'snapshot' && state.config.imageId === id);
      users.push(...snapshots.map((state) => `snapshot “${state.name}”`));
      if (users.length > 0) {
        const shown = users.slice(0, 3).join(', ') + (users.length > 3 ? ` and ${users.length - 3} more` : '');
        throw new FailureError('busy', `The image “${image.name}” is needed by ${shown}, so it was kept.`);
      }
      const keep = await this.images.blobsWithout(id, this.blobs);
      await this.images.remove(id);
      // The image is gone now. What cannot be removed of it only takes space: the next opening finds the base
      // snapshot, and the next deletion of an image the blobs.
      await Promise.allSettled([this.states.remove(image.base), keep === null ? 0 : this.blobs.sweep(keep)]);
    });
  }

  /** Adds a finished image: its blobs are flushed first, its manifest appears last. */
  addImage(manifest: ImageManifest, blobs: Parameters<BlobStore['flush']>[0]): Promise<void> {
    // The flush too takes its turn: a blob that a deletion swept is missed before the manifest names it.
    return this.changes.run(async () => {
      await this.blobs.flush(blobs);
      await this.images.put(manifest);
    });
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

  private async getSnapshot(id: StateId): Promise<StateManifest> {
    const manifest = await this.states.get(id);
    if (manifest.kind !== 'snapshot') throw noSuchSnapshot();
    return manifest;
  }

  /** False for a state that is known to be something else; what is damaged or gone may have been a snapshot. */
  private async maybeSnapshot(id: StateId): Promise<boolean> {
    try {
      return (await this.states.get(id)).kind === 'snapshot';
    } catch (cause) {
      if (!(cause instanceof FailureError)) throw cause;
      const { manifests } = await this.images.list();
      return !manifests.some((image) => image.base === id);
    }
  }

  /** Makes a VM's record point to its new state, or removes that state again. */
  private async pointTo(vmId: VmId, { id, kind, parent }: StateManifest): Promise<void> {
    let earlierHead: StateId | null;
    try {
      const vm = await this.vms.get(vmId);
      earlierHead = vm.head;
      await this.vms.put(kind === 'head' ? { ...vm, head: id, parent } : { ...vm, parent: id });
    } catch (cause) {
      // Why it failed matters more than a state that could not be removed as well.
      await Promise.allSettled([this.removeUnreferred(id)]);
      throw cause;
    }
    if (kind === 'head') await this.removeIfHead(earlierHead);
  }

  /** A record can fail to be saved after it was replaced (its folder could not be flushed): then the state stays. */
  private async removeUnreferred(id: StateId): Promise<void> {
    const { records } = await this.vms.list();
    if (!records.some((vm) => vm.head === id || vm.parent === id)) await this.states.remove(id);
  }

  private async removeIfHead(id: StateId | null): Promise<void> {
    if (id === null) return;
    try {
      const { records } = await this.vms.list();
      if (records.some((vm) => vm.head === id)) return;
      // A head may also be a snapshot (a fork that was never suspended): that one stays.
      if ((await this.states.get(id)).kind === 'head') await this.states.remove(id);
    } catch (cause) {
      // A damaged or missing one is reported when the library is opened.
      if (!(cause instanceof FailureError)) throw cause;
    }
  }

  private newStateId(): StateId {
    return newStateId(this.dependencies.randomBytes);
  }

  /** Removes states nobody refers to. Only when every record could be read: a damaged one may refer to them. */
  private async reclaim(): Promise<string[]> {
    const vms = await this.vms.list();
    const images = await this.images.list();
    const listing = await this.states.list();
    const problems = [...vms.problems, ...images.problems, ...listing.damaged.map(({ reason }) => reason)];
    if (vms.problems.length === 0 && images.problems.length === 0) {
      const needed = new Set<string>([
        ...vms.records.flatMap((vm) => (vm.head === null ? [] : [vm.head])),
        ...images.manifests.map((image) => image.base),
      ]);
      for (const state of listing.states) {
        if (state.kind !== 'snapshot' && !needed.has(state.id)) await this.states.remove(state.id);
      }
    }
    return problems;
  }
}

function noSuchSnapshot(): FailureError {
  return new FailureError('not-found', 'That snapshot does not exist any more.');
}
