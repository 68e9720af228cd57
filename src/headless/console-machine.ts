import { randomBytes } from 'node:crypto';
import type { Hold, Library } from '../library/library.ts';
import type { MachineClient } from '../machine/client.ts';
import type { NodeMachine } from '../machine/node-endpoint.ts';
import type { TerminalSize } from '../machine/start-options.ts';
import { newVmId, type VmId } from '../shared/model/ids.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import type { NetworkSettings } from '../shared/model/network.ts';
import type { StateManifest } from '../shared/model/state.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { FailureError } from '../shared/result.ts';
import { launchMemory } from './launch-memory.ts';
import type { NetworkChoice } from './network-choice.ts';
import { startMachine } from './start-machine.ts';

export interface ConsoleWish {
  /** The image or snapshot to start from; null when there is a VM to resume. */
  readonly from: string | null;
  /** The VM to resume, or to make; null for a machine that is thrown away. */
  readonly vmName: string | null;
  readonly memoryMib: number | null;
  /** @param kept what the VM's own settings say; null for a machine that is no VM */
  network(kept: NetworkSettings | null): NetworkChoice;
  readonly terminal: TerminalSize;
  complain(sentence: string): void;
}

/** A machine for a person at its console: a VM of the library, or one that is thrown away. */
export interface ConsoleMachine {
  readonly client: MachineClient;
  readonly vm: VmRecord | null;
  /** Saves the VM's head, after which the machine must be closed. */
  suspend(content: 'full' | 'disk'): Promise<void>;
  close(): Promise<void>;
}

/** @throws FailureError `busy` for a VM that runs elsewhere, `not-found`, `bad-input`, `config-mismatch` */
export async function openConsoleMachine(
  library: Library,
  worker: Promise<NodeMachine>,
  wish: ConsoleWish,
): Promise<ConsoleMachine> {
  const holds: Hold[] = [];
  const letGo = async (): Promise<void> => {
    for (const hold of holds) await hold.release();
  };
  try {
    // Held before its head is looked up: until then another process may run it and save another one.
    const held = wish.vmName === null ? null : await vmOf(library, wish, wish.vmName);
    if (held !== null) holds.push(await library.holdVm(held));
    const plan = held === null ? await freshPlan(library, wish) : await vmPlan(library, held);
    const { vm, image, memoryMib, start } = plan;
    // A rebuilt image and a clean-up could else take away what the machine still reads.
    holds.push(await library.holdImage(image.id));
    const machine = await startMachine({
      library,
      worker,
      image,
      memoryMib,
      start,
      vm: vm ?? { id: newVmId((count) => randomBytes(count)), name: plan.name },
      network: wish.network(vm?.network ?? null),
      terminal: wish.terminal,
      saveState: (config, { kind, ...request }) => {
        if (vm === null || kind !== 'head') {
          return Promise.reject(new FailureError('unsupported', 'This machine is not kept: it cannot be saved.'));
        }
        return library.saveState({ ...request, vmId: vm.id, kind, config, parent: vm.parent });
      },
      complain: wish.complain,
    });
    return {
      client: machine.client,
      vm,
      suspend: async (content) => {
        await machine.client.request('save', { kind: 'head', content, name: '' });
      },
      close: async () => {
        machine.end();
        await letGo();
      },
    };
  } catch (cause) {
    await letGo();
    throw cause;
  }
}

interface Plan {
  readonly vm: VmRecord | null;
  readonly name: string;
  readonly image: ImageManifest;
  readonly memoryMib: number;
  readonly start: StateManifest | null;
}

async function freshPlan(library: Library, wish: ConsoleWish): Promise<Plan> {
  const { image, start, snapshot } = await library.find(needed(wish));
  const memoryMib = launchMemory(image, snapshot, wish.memoryMib);
  const name = snapshot?.name ?? image.name;
  return { vm: null, name, image, memoryMib, start: memoryMib === start.config.memoryMib ? start : null };
}

/** The VM of that name, made when there is none. */
async function vmOf(library: Library, wish: ConsoleWish, vmName: string): Promise<VmId> {
  const known = (await library.listVms()).find(({ name }) => name === vmName);
  if (known && wish.memoryMib !== null && wish.memoryMib !== known.memoryMib) {
    throw new FailureError(
      'config-mismatch',
      `“${vmName}” has ${known.memoryMib} MiB of memory, which stays as it was made. Leave the size out.`,
    );
  }
  return (known ?? (await makeVm(library, wish, vmName))).id;
}

async function vmPlan(library: Library, id: VmId): Promise<Plan> {
  const vm = await library.getVm(id);
  const image = await library.images.get(vm.imageId);
  const { memoryMib } = vm;
  return { vm, name: vm.name, image, memoryMib, start: await startOf(library, image, vm) };
}

async function makeVm(library: Library, wish: ConsoleWish, name: string): Promise<VmRecord> {
  const { image, snapshot } = await library.find(needed(wish));
  const memoryMib = launchMemory(image, snapshot, wish.memoryMib);
  return snapshot === null ? library.createVm({ name, imageId: image.id, memoryMib }) : library.fork(snapshot.id, name);
}

async function startOf(library: Library, image: ImageManifest, vm: VmRecord): Promise<StateManifest | null> {
  if (vm.head !== null) return library.states.get(vm.head);
  return vm.memoryMib === image.memoryMib ? library.states.get(image.base) : null;
}

function needed({ from, vmName }: ConsoleWish): string {
  if (from !== null) return from;
  throw new FailureError(
    'bad-input',
    vmName === null
      ? 'Say which image or snapshot: terrarium shell tiny'
      : `There is no VM called “${vmName}” yet. Say what to make it from: terrarium shell tiny --vm ${vmName}`,
  );
}
