import { mkdir } from 'node:fs/promises';
import { newStateId, newVmId, type ImageId, type StateId, type VmId } from '../shared/model/ids.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import { parseMemoryMib, parseName } from '../shared/model/names.ts';
import type { MachineConfig, StateKind, StateManifest } from '../shared/model/state.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { FailureError, unwrap } from '../shared/result.ts';
import { BlobStore } from './blob-store.ts';
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

/** Everything a person keeps: VMs, their states, and the images they run. */
export class Library {
  readonly blobs: BlobStore;
  readonly images: ImageStore;
  readonly states: StateStore;
  private readonly vms: VmStore;
  private readonly dependencies: LibraryDependencies;

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
  async createVm(request: { name: string; imageId: ImageId; memoryMib: number }): Promise<VmRecord> {
    const name = await this.freeVmName(request.name, null);
    const memoryMib = unwrap(parseMemoryMib(request.memoryMib));
    const image = await this.images.get(request.imageId);
    return this.addVm({ name, imageId: image.id, memoryMib, head: null, parent: null });
  }

  /** A new VM that starts where a snapshot was taken. */
  async fork(snapshotId: StateId, vmName: string): Promise<VmRecord> {
    const snapshot = await this.states.get(snapshotId);
    const name = await this.freeVmName(vmName, null);
    const { imageId, memoryMib } = snapshot.config;
    await this.images.get(imageId);
    return this.addVm({ name, imageId, memoryMib, head: snapshotId, parent: snapshotId });
  }

  async renameVm(id: VmId, newName: string): Promise<VmRecord> {
    const vm = await this.vms.get(id);
    return this.vms.put({ ...vm, name: await this.freeVmName(newName, id) });
  }

  /** Deletes a VM and its head. Its snapshots stay. */
  async deleteVm(id: VmId): Promise<void> {
    const vm = await this.vms.get(id);
    await this.vms.remove(id);
    await this.removeIfHead(vm.head);
  }

  /**
   * Begins a new head or snapshot of a VM. When `commit` resolves it is durable and the VM's record
   * points to it; the head it replaces is removed only after that.
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
        const current = await this.vms.get(vm.id);
        if (request.kind === 'head') {
          await this.vms.put({ ...current, head: id, parent: request.parent });
          await this.removeIfHead(current.head);
        } else {
          await this.vms.put({ ...current, parent: id });
        }
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

  async renameSnapshot(id: StateId, newName: string): Promise<StateManifest> {
    await this.snapshotOnly(id);
    return this.states.rename(id, unwrap(parseName('snapshot', newName)));
  }

  /** @throws FailureError `busy` while a VM resumes from it */
  async deleteSnapshot(id: StateId): Promise<void> {
    const { records } = await this.vms.list();
    const user = records.find((vm) => vm.head === id);
    if (user) {
      throw new FailureError(
        'busy',
        `“${user.name}” resumes from this snapshot and has no later state of its own, so it was kept. Suspend that VM once, or delete it, and try again.`,
      );
    }
    await this.states.remove(id);
  }

  /** The image, unless a VM or snapshot still needs it. */
  async deleteImage(id: ImageId): Promise<void> {
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
    await this.images.remove(id);
    await this.states.remove(image.base);
    await this.sweepBlobs();
  }

  /** Adds a finished image: its blobs are flushed first, its manifest appears last. */
  async addImage(manifest: ImageManifest, blobs: Parameters<BlobStore['flush']>[0]): Promise<void> {
    await this.blobs.flush(blobs);
    await this.images.put(manifest);
  }

  timestamp(): string {
    return new Date(this.dependencies.now()).toISOString();
  }

  private async addVm(fields: Omit<VmRecord, 'id' | 'createdAt'>): Promise<VmRecord> {
    const id = newVmId(this.dependencies.randomBytes);
    return this.vms.put({ id, ...fields, createdAt: this.timestamp() });
  }

  private async freeVmName(text: string, self: VmId | null): Promise<string> {
    const name = unwrap(parseName('VM', text));
    const { records } = await this.vms.list();
    if (records.some((vm) => vm.name === name && vm.id !== self)) {
      throw new FailureError('exists', `There is a VM called “${name}” already. Choose another name.`);
    }
    return name;
  }

  private async snapshotOnly(id: StateId): Promise<void> {
    const manifest = await this.states.get(id);
    if (manifest.kind !== 'snapshot') throw new FailureError('not-found', 'That snapshot does not exist any more.');
  }

  private async removeIfHead(id: StateId | null): Promise<void> {
    if (id === null) return;
    try {
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

  private async sweepBlobs(): Promise<number> {
    const keep = new Set<string>();
    const { manifests, problems } = await this.images.list();
    // An image that cannot be read now may be repaired later: its files are not garbage.
    if (problems.length > 0) return 0;
    for (const image of manifests) {
      for (const sha256 of await this.images.blobsOf(image, this.blobs)) keep.add(sha256);
    }
    return this.blobs.sweep(keep);
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
