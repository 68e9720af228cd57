import { MachineClient } from '../../../machine/client.ts';
import type { TerrariumBridge } from '../../../shared/ipc/bridge.ts';
import type { LaunchFrom, LaunchPlan } from '../../../shared/ipc/contract.ts';
import type { VmId } from '../../../shared/model/ids.ts';
import { unwrap } from '../../../shared/result.ts';
import type { CompiledEmulator } from './compiled-emulator.ts';
import type { PortInbox } from './port-inbox.ts';
import { WorkerEndpoint } from './worker-endpoint.ts';

export interface PreparedMachine {
  readonly plan: LaunchPlan;
  readonly client: MachineClient;
}

/** Where machines come from. A session asks it for one and owns what it gets. */
export interface MachineHost {
  /** A machine that is connected to the library and waits for `start`. @throws FailureError */
  prepare(vmId: VmId, from: LaunchFrom): Promise<PreparedMachine>;
}

/** Machines in Web Workers, planned by the main process. */
export class WorkerHost implements MachineHost {
  private readonly bridge: TerrariumBridge;
  private readonly ports: PortInbox;
  private readonly emulator: CompiledEmulator;

  constructor(bridge: TerrariumBridge, ports: PortInbox, emulator: CompiledEmulator) {
    this.bridge = bridge;
    this.ports = ports;
    this.emulator = emulator;
  }

  async prepare(vmId: VmId, from: LaunchFrom): Promise<PreparedMachine> {
    const [plan, wasm] = await Promise.all([
      this.bridge.call('vm.launch', { vmId, from }).then(unwrap),
      this.emulator.get(),
    ]);
    const port = await this.ports.take(plan.portId);
    const client = new MachineClient(new WorkerEndpoint(`vm ${plan.vm.name}`));
    client.begin(port, wasm);
    return { plan, client };
  }
}
