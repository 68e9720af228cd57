import { machineBulkHandlers } from '../library/machine-source.ts';
import type { HostTransfer } from '../library/host-transfer.ts';
import type { Hold, Library } from '../library/library.ts';
import type { LaunchFrom, LaunchPlan, LinkOffer, MachineGone } from '../shared/ipc/contract.ts';
import { serveBulk } from '../shared/bulk/server.ts';
import type { PortLike } from '../shared/bulk/port.ts';
import { parseStateId, type StateId, type VmId } from '../shared/model/ids.ts';
import { vmMac } from '../shared/model/mac.ts';
import { machineConfig } from '../shared/model/machine-config.ts';
import type { VmBudget } from '../shared/model/vm-budget.ts';
import { configMismatch, type StateManifest } from '../shared/model/state.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { FailureError, unwrap } from '../shared/result.ts';
import type { Attachment, AttachRequest } from './relay-supervisor.ts';
import { refuseBeyondBudget } from './running-vms-budget.ts';

export interface RunningVmsDependencies {
  readonly library: Library;
  readonly takePath: (direction: 'import' | 'export', token: string) => HostTransfer | null;
  readonly newPortId: () => string;
  /** Creates a channel, gives one end to the page under that id and returns the other. */
  readonly openPort: (portId: string) => PortLike;
  /** Gives a VM a place on the network. */
  readonly attach: (request: AttachRequest) => Attachment;
  readonly onLink: (offer: LinkOffer) => void;
  /** The far end of a machine's port is gone, and with it the machine; also of one that was ended on purpose. */
  readonly onGone: (machine: MachineGone) => void;
  readonly onLibraryChanged: () => void;
  /** What running VMs may take together, as it is set now. */
  readonly budget: () => VmBudget;
}

/** Far longer than a closed port takes to be seen. */
const PORT_CLOSES_WITHIN_MS = 1000;
const LOOK_AGAIN_MS = 20;

interface RunningVm {
  readonly network: Attachment;
  close(): void;
  /** Resolves when others may run the VM. */
  readonly released: () => Promise<void>;
}

/** The VMs that have a machine now: for each, the bulk port its worker reads and writes through, and its network. */
export class RunningVms {
  private readonly vms = new Map<VmId, RunningVm>();
  /** The memory, in MiB, of those that run or are being prepared. */
  private readonly memory = new Map<VmId, number>();
  /** What each was last launched from. */
  private readonly starts = new Map<VmId, StateId>();
  private readonly dependencies: RunningVmsDependencies;

  constructor(dependencies: RunningVmsDependencies) {
    this.dependencies = dependencies;
  }

  get count(): number {
    return this.vms.size;
  }

  /** The VMs that have a machine now. */
  get ids(): readonly VmId[] {
    return [...this.vms.keys()];
  }

  /** The state a VM was last launched from, in this run of the app. */
  lastStart(id: VmId): StateId | null {
    return this.starts.get(id) ?? null;
  }

  /** The network of a VM that has a machine. */
  network(id: VmId): Attachment | null {
    return this.vms.get(id)?.network ?? null;
  }

  /**
   * Prepares a machine for a VM: what it starts from is checked before anything is created.
   * @throws FailureError `busy` while another process runs it, `limit` when running VMs would take too much
   */
  async launch(vmId: VmId, from: LaunchFrom): Promise<LaunchPlan> {
    const { library } = this.dependencies;
    // A page that lost its worker launches again: the old machine's ports are closed for it.
    this.vms.get(vmId)?.close();
    // First of all: what the VM starts from is another process's to change until then.
    const holds = [await library.holdVm(vmId)];
    let isCounted = false;
    try {
      const vm = await library.getVm(vmId);
      // At once: of two that are launched at the same time the second counts the first.
      await this.takeRoom(vm);
      isCounted = true;
      holds.push(await library.holdImage(vm.imageId));
      return await this.prepare(vm, from, holds);
    } catch (cause) {
      if (isCounted) this.memory.delete(vmId);
      await releaseAll(holds);
      throw cause;
    }
  }

  /** The page may have ended another machine just before; that its port is closed gets here a moment later. */
  private async takeRoom(vm: VmRecord): Promise<void> {
    const deadlineMs = performance.now() + PORT_CLOSES_WITHIN_MS;
    for (;;) {
      try {
        refuseBeyondBudget(vm, [...this.memory.values()], this.dependencies.budget());
        this.memory.set(vm.id, vm.memoryMib);
        return;
      } catch (cause) {
        if (performance.now() > deadlineMs) throw cause;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  private async prepare(vm: VmRecord, from: LaunchFrom, holds: readonly Hold[]): Promise<LaunchPlan> {
    const { library } = this.dependencies;
    const vmId = vm.id;
    const image = await library.images.get(vm.imageId);
    const config = machineConfig(image, vm.memoryMib);
    const start = await this.startState(vm, from, image.base, image.memoryMib);
    const mismatch = start ? configMismatch(start.config, config) : null;
    if (mismatch !== null) throw new FailureError('config-mismatch', `${mismatch} Nothing was changed.`);

    const portId = this.dependencies.newPortId();
    let parent: StateId | null = from.kind === 'snapshot' && start ? start.id : vm.parent;
    const port = this.dependencies.openPort(portId);
    const bulk = serveBulk(
      port,
      machineBulkHandlers({
        blobs: library.blobs,
        states: library.states,
        image,
        start,
        takePath: this.dependencies.takePath,
        saveState: async ({ kind, ...request }) => {
          if (kind === 'base') throw new FailureError('bad-input', 'Base snapshots are made by image builds only.');
          const writer = await library.saveState({ ...request, vmId, kind, config, parent });
          return {
            write: (piece) => writer.write(piece),
            abort: () => writer.abort(),
            commit: async () => {
              const manifest = await writer.commit();
              if (kind === 'snapshot') parent = manifest.id;
              this.dependencies.onLibraryChanged();
              return manifest;
            },
          };
        },
      }),
    );
    const network = this.dependencies.attach({
      vm: { id: vm.id, name: vm.name },
      settings: vm.network,
      onLink: (linkPortId) => this.dependencies.onLink({ vmId, machinePortId: portId, linkPortId }),
    });
    const end = (): void => {
      if (this.vms.get(vmId) === running) {
        this.vms.delete(vmId);
        this.memory.delete(vmId);
      }
      network.detach();
      releaseAll(holds).catch((cause: unknown) => console.error(`The claims of ${vmId} could not be given up:`, cause));
    };
    if (start) this.starts.set(vmId, start.id);
    const running: RunningVm = {
      network,
      close: () => {
        end();
        bulk.close();
      },
      released: () => releaseAll(holds),
    };
    port.onClose(() => {
      end();
      this.dependencies.onGone({ vmId, machinePortId: portId });
    });
    this.vms.set(vmId, running);
    return {
      vm,
      config,
      commandLine: image.commandLine,
      hasInitrd: image.kernel.initrd !== null,
      state: start?.content ?? null,
      portId,
      mac: vmMac(vm.id),
      linkPortId: network.linkPortId,
    };
  }

  /** Ends a VM's machine, if it has one, as far as main has a part in it. Resolves when the VM is free. */
  async close(id: VmId): Promise<void> {
    const running = this.vms.get(id);
    running?.close();
    await running?.released();
  }

  /** Closes every port, when the page that held the machines is gone. */
  closeAll(): void {
    for (const running of [...this.vms.values()]) running.close();
  }

  private async startState(
    vm: VmRecord,
    from: LaunchFrom,
    base: StateId,
    baseMemoryMib: number,
  ): Promise<StateManifest | null> {
    const { states } = this.dependencies.library;
    switch (from.kind) {
      case 'cold':
        return null;
      case 'snapshot': {
        const snapshot = await states.get(unwrap(parseStateId(from.snapshotId)));
        if (snapshot.kind !== 'snapshot') throw new FailureError('not-found', 'That snapshot does not exist any more.');
        return snapshot;
      }
      case 'head':
        if (vm.head !== null) return states.get(vm.head);
        // The base snapshot has the image's memory size; another one means booting the kernel.
        return vm.memoryMib === baseMemoryMib ? states.get(base) : null;
    }
  }
}

async function releaseAll(holds: readonly Hold[]): Promise<void> {
  await Promise.all(holds.map((hold) => hold.release()));
}
