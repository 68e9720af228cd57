import type { MachineClient } from '../../../machine/client.ts';
import type { SaveReport, SaveTarget } from '../../../machine/protocol.ts';
import type { LaunchPlan } from '../../../shared/ipc/contract.ts';

/** Starts a prepared machine as main has planned it. @throws FailureError */
export async function startAsPlanned(
  client: MachineClient,
  plan: LaunchPlan,
  terminalSize: { readonly columns: number; readonly rows: number },
): Promise<void> {
  await client.request('start', {
    memoryMib: plan.config.memoryMib,
    vgaMemoryMib: plan.config.vgaMemoryMib,
    commandLine: plan.commandLine,
    hasInitrd: plan.hasInitrd,
    state: plan.state,
    mac: plan.mac,
    ...terminalSize,
  });
}

/**
 * Saves a machine.
 * @param isWoken whether a paused machine has to run for it: only a guest that runs can write its files out. After a
 *   failure it is paused again
 * @throws FailureError
 */
export async function saveMachine(client: MachineClient, target: SaveTarget, isWoken: boolean): Promise<SaveReport> {
  try {
    if (isWoken) await client.request('resume', null);
    return await client.request('save', target);
  } catch (caught) {
    if (isWoken) await client.request('pause', null);
    throw caught;
  }
}
