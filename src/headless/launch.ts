import { randomBytes } from 'node:crypto';
import type { Library } from '../library/library.ts';
import type { NodeMachine } from '../machine/node-endpoint.ts';
import { newVmId, parseStateId, type StateId } from '../shared/model/ids.ts';
import { parseName } from '../shared/model/names.ts';
import { summarizeSnapshot } from '../shared/model/snapshot-summary.ts';
import { FailureError, unwrap } from '../shared/result.ts';
import { unlessCancelled } from './cancellation.ts';
import { launchMemory } from './launch-memory.ts';
import { HeadlessMachine } from './machine.ts';
import { networkChoiceOf, type NetworkChoice, type NetworkOption } from './network-choice.ts';
import { startMachine, type StartedMachine } from './start-machine.ts';
import { TransferTokens } from './transfers.ts';

export interface LaunchOptions {
  /**
   * In MiB. An image boots anew with another size than its own, which takes seconds; a snapshot has the size of the
   * machine it was taken of.
   */
  readonly memoryMib?: number;
  /**
   * What it may reach: a profile (`offline`, `internet`, `internet+host`), the settings of a VM, a relay elsewhere, or
   * `fetch`, the emulator's own network without rules. `offline` unless given.
   */
  readonly network?: NetworkOption;
  /** What the machine is called: by itself as its host name, and in the snapshots taken of it. */
  readonly name?: string;
  /** Is told what did not go well while the machine itself goes on. */
  onProblem?(sentence: string): void;
  /** Gives up a launch that is under way; a machine that runs is closed otherwise. */
  readonly signal?: AbortSignal;
}

/** Standard terminals; what runs in one of its own has its own size. */
const TERMINAL_SIZE = { columns: 80, rows: 25 };
/** A machine that boots, rather than go on from a state, is ready within half a minute on a slow computer. */
const BOOT_PATIENCE_MS = 120_000;
/** A lease takes a fraction of a second where there is somebody to give it. */
const NETWORK_PATIENCE_MS = 5_000;

/**
 * Starts a machine that is nobody's VM from an image or a snapshot.
 * @param worker a worker with nothing in it, on its way: it loads while the library is read
 */
export async function launchMachine(
  library: Library,
  worker: Promise<NodeMachine>,
  nameOrId: string,
  options: LaunchOptions,
): Promise<HeadlessMachine> {
  const giveUp: (() => unknown)[] = [];
  const launching = launch(library, worker, nameOrId, options, giveUp);
  try {
    return await unlessCancelled('The launch', options.signal, launching);
  } catch (cause) {
    // Without its worker what is still under way ends soon, and until then may come to hold something.
    await Promise.allSettled([worker.then(({ client }) => client.dispose()), launching]);
    await Promise.allSettled(giveUp.map((step) => step()));
    throw cause;
  }
}

async function launch(
  library: Library,
  worker: Promise<NodeMachine>,
  nameOrId: string,
  options: LaunchOptions,
  giveUp: (() => unknown)[],
): Promise<HeadlessMachine> {
  const network = networkChoiceOf(options.network ?? 'offline');
  const { image, start, snapshot } = await library.find(nameOrId);
  const hold = await library.holdImage(image.id);
  giveUp.push(() => hold.release());
  const memoryMib = launchMemory(image, snapshot, options.memoryMib ?? null);
  const state = memoryMib === start.config.memoryMib ? start : null;
  const name = options.name === undefined ? (snapshot?.name ?? image.name) : unwrap(parseName('VM', options.name));
  const tokens = new TransferTokens();
  let parent: StateId | null = snapshot?.id ?? null;
  const problems = new EarlyProblems();
  const started = await startMachine({
    library,
    worker,
    image,
    memoryMib,
    start: state,
    // A machine that is not kept is nobody's fork: any id of its own will do.
    vm: { id: newVmId((count) => randomBytes(count)), name },
    network,
    terminal: TERMINAL_SIZE,
    saveState: (config, { kind, ...request }) => {
      if (kind !== 'snapshot') return Promise.reject(new FailureError('unsupported', 'This machine is not kept.'));
      return library.saveState({ ...request, vmId: null, vmName: name, kind, config, parent });
    },
    takePath: (direction, token) => tokens.take(direction, token),
    complain: (sentence) => problems.tell(sentence),
  });
  const machine = new HeadlessMachine({
    client: started.client,
    name,
    tokens,
    saveSnapshot: async (snapshotName) => {
      if (!(await library.snapshotNameIsFree(snapshotName))) throw nameTaken(snapshotName);
      const { receipt } = await started.client.request('save', {
        kind: 'snapshot',
        content: 'full',
        name: snapshotName,
      });
      const manifest = await library.states.get(unwrap(parseStateId(receipt.stateId ?? '')));
      parent = manifest.id;
      return summarizeSnapshot(manifest);
    },
    end: async () => {
      started.end();
      await hold.release();
    },
    ...(options.onProblem && { onProblem: (sentence: string) => options.onProblem?.(sentence) }),
  });
  giveUp.push(() => machine.close());
  problems.attach((sentence) => machine.noteProblem(sentence));
  if (state === null) await started.client.request('agentReady', { timeoutMs: BOOT_PATIENCE_MS });
  await networkUp(started, network, machine);
  return machine;
}

/** A name that a snapshot has. */
export function nameTaken(name: string): FailureError {
  return new FailureError('exists', `There is a snapshot called “${name}” already. Choose another name.`);
}

/** Problems that come before there is a machine to tell them. */
class EarlyProblems {
  private readonly waiting: string[] = [];
  private listener: ((sentence: string) => void) | null = null;

  tell(sentence: string): void {
    if (this.listener) this.listener(sentence);
    else this.waiting.push(sentence);
  }

  attach(listener: (sentence: string) => void): void {
    this.listener = listener;
    for (const sentence of this.waiting.splice(0)) listener(sentence);
  }
}

/** A first command that uses the network finds it; one that does not should not fail for it. */
async function networkUp({ client }: StartedMachine, network: NetworkChoice, machine: HeadlessMachine): Promise<void> {
  const isOffline = network.kind === 'none' || (network.kind === 'own' && network.settings.profile === 'offline');
  if (isOffline) return;
  await client.request('networkReady', { timeoutMs: NETWORK_PATIENCE_MS }).catch((cause: unknown) => {
    if (!(cause instanceof FailureError) || cause.code !== 'guest-unresponsive') throw cause;
    machine.noteProblem(
      `The machine got no network address within ${NETWORK_PATIENCE_MS / 1000} s. It runs without, and goes on asking for one.`,
    );
  });
}
