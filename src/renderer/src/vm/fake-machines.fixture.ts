import type { MachineClient } from '../../../machine/client.ts';
import type { MachineEvent, RequestName } from '../../../machine/protocol.ts';
import type { LaunchFrom, LaunchPlan } from '../../../shared/ipc/contract.ts';
import type { VmId } from '../../../shared/model/ids.ts';
import type { PreparedMachine, MachineHost } from './machine-host.ts';

/** A machine without a guest: it is asked, and answers as the test says. */
export class FakeMachine {
  readonly asked: string[] = [];
  isDisposed = false;
  /** What goes wrong with a request, by its name. */
  readonly failures = new Map<RequestName, Error>();
  /** Requests of these names wait until {@link release}. */
  readonly held = new Set<RequestName>();
  readonly #waiting: (() => void)[] = [];
  readonly #listeners = new Set<(event: MachineEvent) => void>();

  get client(): MachineClient {
    return {
      request: (name: RequestName, args: unknown) => this.#answer(name, args),
      onEvent: (listener: (event: MachineEvent) => void) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
      connectLink: () => Promise.resolve(),
      dispose: () => {
        this.isDisposed = true;
        this.release();
      },
    } as unknown as MachineClient;
  }

  /** The machine says something by itself. */
  says(event: MachineEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  release(): void {
    this.held.clear();
    for (const go of this.#waiting.splice(0)) go();
  }

  async #answer(name: RequestName, args: unknown): Promise<unknown> {
    const target = name === 'save' ? (args as { kind: string; content: string }) : null;
    this.asked.push(target === null ? name : `save ${target.kind} ${target.content}`);
    if (this.held.has(name)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const failure = this.failures.get(name);
    if (failure !== undefined) throw failure;
    return name === 'save' ? { receipt: { stateId: 'st-saved' }, pauseMs: 1, sizeBytes: 1 } : null;
  }
}

/** Gives a new machine for each launch. */
export class FakeHost implements MachineHost {
  readonly machines: FakeMachine[] = [];
  readonly launches: LaunchFrom[] = [];
  readonly restoredTo: string[] = [];
  /** Why the next preparation fails, in turn; null for one that does not. */
  readonly refusals: (Error | null)[] = [];
  /** What each next machine is like before it is asked anything. */
  shape: (machine: FakeMachine) => void = () => undefined;
  damage: Error | null = null;

  get machine(): FakeMachine {
    const last = this.machines.at(-1);
    if (last === undefined) throw new Error('no machine was prepared');
    return last;
  }

  prepare(vmId: VmId, from: LaunchFrom): Promise<PreparedMachine> {
    this.launches.push(from);
    const refusal = this.refusals.shift() ?? null;
    if (refusal !== null) return Promise.reject(refusal);
    const machine = new FakeMachine();
    this.shape(machine);
    this.machines.push(machine);
    const plan = {
      vm: { id: vmId },
      config: { memoryMib: 64, vgaMemoryMib: 1 },
      commandLine: '',
      hasInitrd: false,
      state: 'full',
      portId: `port-${this.machines.length}`,
      mac: '',
      linkPortId: null,
    } as unknown as LaunchPlan;
    return Promise.resolve({ plan, client: machine.client });
  }

  port(): Promise<MessagePort> {
    return Promise.reject(new Error('there is no relay'));
  }

  restored(_vmId: VmId, snapshotId: string): Promise<void> {
    this.restoredTo.push(snapshotId);
    return Promise.resolve();
  }

  checkSnapshot(): Promise<void> {
    return this.damage === null ? Promise.resolve() : Promise.reject(this.damage);
  }

  startIsDamaged(): Promise<void> {
    return Promise.resolve();
  }

  expect(): void {
    // Nothing is kept ready.
  }
}
