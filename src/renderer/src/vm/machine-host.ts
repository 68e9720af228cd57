import { MachineClient } from '../../../machine/client.ts';
import type { MachineSize } from '../../../machine/protocol.ts';
import type { TerrariumBridge } from '../../../shared/ipc/bridge.ts';
import type { LaunchFrom, LaunchPlan } from '../../../shared/ipc/contract.ts';
import type { StateId, VmId } from '../../../shared/model/ids.ts';
import { unwrap } from '../../../shared/result.ts';
import { t } from '../text/text.svelte.ts';
import type { CompiledEmulator } from './compiled-emulator.ts';
import type { PortInbox } from './port-inbox.ts';
import { SpareMachine } from './spare-machine.ts';
import { WorkerEndpoint } from './worker-endpoint.ts';

export interface PreparedMachine {
  readonly plan: LaunchPlan;
  readonly client: MachineClient;
}

/** Where machines come from. A session asks it for one and owns what it gets. */
export interface MachineHost {
  /** A machine that is connected to the library and waits for `start`. @throws FailureError */
  prepare(vmId: VmId, from: LaunchFrom): Promise<PreparedMachine>;
  /** The port with this id, which main is handing over. @throws FailureError when it does not come */
  port(portId: string): Promise<MessagePort>;
  /** The machine of this VM runs from a snapshot now: what it is saved as next continues from there. @throws FailureError */
  restored(vmId: VmId, snapshotId: StateId): Promise<void>;
  /** Whether a snapshot is whole: all of it is read. @throws FailureError `damaged` */
  checkSnapshot(snapshotId: StateId): Promise<void>;
  /** What this VM was launched from is damaged: the library is to know. @throws FailureError */
  startIsDamaged(vmId: VmId): Promise<void>;
  /** A machine of this size will probably be wanted soon. */
  expect(size: MachineSize): void;
}

/** Machines in Web Workers, planned by the main process. */
export class WorkerHost implements MachineHost {
  private readonly bridge: TerrariumBridge;
  private readonly ports: PortInbox;
  private readonly emulator: CompiledEmulator;
  private readonly spare: SpareMachine;
  /** By the port each was launched with, until main says that the port is gone. */
  private readonly machines = new Map<string, MachineClient>();

  constructor(bridge: TerrariumBridge, ports: PortInbox, emulator: CompiledEmulator) {
    this.bridge = bridge;
    this.ports = ports;
    this.emulator = emulator;
    this.spare = new SpareMachine(emulator);
  }

  expect(size: MachineSize): void {
    this.spare.prepareSoon(size);
  }

  /**
   * Main saw the machine's port close. A worker that ran out of memory says nothing itself; one that was ended on purpose is
   * known to be.
   */
  machineGone(portId: string): void {
    this.machines.get(portId)?.fail(t('crash.vm.gone'));
    this.machines.delete(portId);
  }

  port(portId: string): Promise<MessagePort> {
    return this.ports.take(portId);
  }

  async restored(vmId: VmId, snapshotId: StateId): Promise<void> {
    unwrap(await this.bridge.call('vm.restored', { vmId, snapshotId }));
  }

  async checkSnapshot(snapshotId: StateId): Promise<void> {
    unwrap(await this.bridge.call('snapshot.check', { snapshotId }));
  }

  async startIsDamaged(vmId: VmId): Promise<void> {
    unwrap(await this.bridge.call('vm.startIsDamaged', { vmId }));
  }

  async prepare(vmId: VmId, from: LaunchFrom): Promise<PreparedMachine> {
    const [launched, compiled] = await Promise.allSettled([
      this.bridge.call('vm.launch', { vmId, from }).then(unwrap),
      this.emulator.get(),
    ]);
    if (launched.status === 'rejected') throw launched.reason;
    const plan = launched.value;
    const port = await this.ports.take(plan.portId);
    try {
      if (compiled.status === 'rejected') throw compiled.reason;
      const warm = plan.state === 'full' ? this.spare.take(plan.config) : null;
      const client = warm ?? new MachineClient(new WorkerEndpoint('vm'));
      client.begin(port, compiled.value);
      this.machines.set(plan.portId, client);
      this.expect(plan.config);
      return { plan, client };
    } catch (cause) {
      // Main takes the VM for running as long as the port is open.
      port.close();
      throw cause;
    }
  }
}
