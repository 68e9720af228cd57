import { serveLibraryMachine, type LibraryMachine } from '../library/library-machine.ts';
import type { HostTransfer } from '../library/host-transfer.ts';
import type { Library } from '../library/library.ts';
import type { MachineGrant } from '../library/machine-source.ts';
import type { NodeMachine } from '../machine/node-endpoint.ts';
import type { TerminalSize } from '../machine/start-options.ts';
import type { VmId } from '../shared/model/ids.ts';
import { hostLabel } from '../shared/model/host-label.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import { vmMac } from '../shared/model/mac.ts';
import { machineConfig } from '../shared/model/machine-config.ts';
import { configMismatch, type MachineConfig, type StateManifest } from '../shared/model/state.ts';
import { FailureError } from '../shared/result.ts';
import type { NetworkChoice } from './network-choice.ts';
import { connectNetwork } from './network.ts';

export interface MachineStart {
  readonly library: Library;
  /** A worker with nothing in it, on its way; whoever asks for the machine gives it up when this fails. */
  readonly worker: Promise<NodeMachine>;
  readonly image: ImageManifest;
  readonly memoryMib: number;
  /** What it starts from; null boots the kernel. */
  readonly start: StateManifest | null;
  /** Whose network address it gets, and what the relay calls it. */
  readonly vm: { readonly id: VmId; readonly name: string };
  readonly network: NetworkChoice;
  readonly terminal: TerminalSize;
  /** Where its states go, given its configuration. */
  saveState(
    config: MachineConfig,
    request: Parameters<MachineGrant['saveState']>[0],
  ): ReturnType<MachineGrant['saveState']>;
  readonly takePath?: (direction: 'import' | 'export', token: string) => HostTransfer | null;
  /** Is told what a person should know, now and as long as the machine runs. */
  complain(sentence: string): void;
}

/** A machine that runs in this process, with its network. */
export interface StartedMachine extends Pick<LibraryMachine, 'client' | 'config'> {
  /** Ends it. What was not saved is gone. */
  end(): void;
}

/** @throws FailureError `config-mismatch`, and what reading the state or starting the worker says */
export async function startMachine(wanted: MachineStart): Promise<StartedMachine> {
  const { image, memoryMib, start, library, complain } = wanted;
  const config = machineConfig(image, memoryMib);
  const node = await wanted.worker;
  const machine = serveLibraryMachine(node, {
    library,
    image,
    memoryMib,
    start,
    saveState: (request) => wanted.saveState(config, request),
    ...(wanted.takePath && { takePath: wanted.takePath }),
  });
  const { client } = machine;
  try {
    const mismatch = start === null ? null : configMismatch(start.config, config);
    if (mismatch !== null) throw new FailureError('config-mismatch', mismatch);
    client.onEvent((event) => {
      if (event.kind === 'problem') complain(event.message);
    });
    // The cable goes in first, so that the guest asks for its address as soon as it runs.
    const connecting = connectNetwork(client, wanted.vm, wanted.network, complain);
    const starting = machine.start(wanted.terminal, {
      mac: vmMac(wanted.vm.id),
      hostName: hostLabel(wanted.vm.name),
      network: wanted.network.kind === 'fetch' ? 'fetch' : 'cable',
    });
    const [network, report] = await Promise.allSettled([connecting, starting]);
    if (network.status === 'rejected') throw network.reason;
    if (report.status === 'rejected') {
      network.value.close();
      throw report.reason;
    }
    return {
      client,
      config,
      end: () => {
        network.value.close();
        machine.dispose();
      },
    };
  } catch (cause) {
    machine.dispose();
    // Which part of it is damaged is written down, so that nothing new is built on that.
    const isDamaged = cause instanceof FailureError && cause.code === 'damaged';
    if (isDamaged && start !== null) await Promise.allSettled([library.verify({ only: start.id })]);
    throw cause;
  }
}
