import type { MachineClient } from '../../../machine/client.ts';
import type { ConsoleId, MachineEvent, SaveTarget } from '../../../machine/protocol.ts';
import type { LaunchFrom, LaunchPlan } from '../../../shared/ipc/contract.ts';
import type { StateId, VmId } from '../../../shared/model/ids.ts';
import { isLive, reduceVm, type VmEvent, type VmState } from '../../../shared/model/vm.ts';
import { FailureError, toErr, unwrap } from '../../../shared/result.ts';
import type { TerminalSession } from '../features/terminal/terminal-session.ts';
import { Jobs } from './jobs.ts';
import type { MachineHost } from './machine-host.ts';
import type { Notices } from './notices.ts';
import {
  nothingToGoOnFrom,
  powerNotObeyed,
  restoreFailed,
  restoreNotNoted,
  restoreRefused,
  type PowerAction,
} from './session-failures.ts';
import type { SessionTask } from './session-words.ts';
import { cameUp } from './start-watch.ts';
import { VmTerminals } from './vm-terminals.ts';

/** What a session needs from the rest of the app. */
export interface SessionSurroundings {
  readonly host: MachineHost;
  readonly notices: Notices;
  nameOf(vmId: VmId): string;
  openLink(url: string): void;
}

/**
 * One VM's life in this window: its state, its machine while there is one, and its terminals.
 * Actions report their own failures and tell whether they succeeded. Every change of state goes
 * through the reducer; no step of a job awaits in a state that would allow a second job.
 */
export class VmSession {
  readonly id: VmId;
  #state: VmState = $state.raw({ kind: 'stopped' });
  #task: SessionTask | null = $state(null);
  #busyFraction = $state(0);
  #client: MachineClient | null = null;
  readonly #terminals: VmTerminals;
  readonly #jobs = new Jobs();
  /** What the guest asked for by switching itself off. Its machine stands still until that is done. */
  #powered: PowerAction | null = null;
  readonly #around: SessionSurroundings;

  constructor(id: VmId, around: SessionSurroundings) {
    this.id = id;
    this.#around = around;
    this.#terminals = new VmTerminals(
      { openLink: (url) => around.openLink(url), clipboardFailed: (message) => around.notices.failure(message) },
      (client, caught) => {
        // A machine that ended meanwhile has nothing left to show.
        if (this.#client === client) around.notices.failure(toErr(caught).error.message);
      },
    );
  }

  get state(): VmState {
    return this.#state;
  }

  get task(): SessionTask | null {
    return this.#task;
  }

  /** Share of the last second the machine was busy, 0..1. */
  get busyFraction(): number {
    return this.#state.kind === 'running' ? this.#busyFraction : 0;
  }

  get name(): string {
    return this.#around.nameOf(this.id);
  }

  get isLive(): boolean {
    return isLive(this.#state);
  }

  /** The terminal of a console, made when it is first looked at. */
  terminal(console: ConsoleId): TerminalSession {
    return this.#terminals.get(console);
  }

  launch(from: LaunchFrom = { kind: 'head' }): Promise<boolean> {
    return this.#job(async () => {
      this.#move({ kind: 'launch' });
      await this.#startOrFail(from);
    });
  }

  pause(): Promise<boolean> {
    return this.#job(() => this.#pause());
  }

  /** Lets it run on. A guest that switched itself off cannot: what it asked for is tried again. */
  resume(): Promise<boolean> {
    return this.#job(async () => {
      if (this.#powered !== null) {
        await this.#obeyPower(this.#powered);
        return;
      }
      this.#move({ kind: 'resume' });
      await this.#machine().request('resume', null);
    });
  }

  /** Takes a named snapshot; the VM goes on as it was. */
  snapshot(name: string): Promise<boolean> {
    return this.#job(async () => {
      if (this.#powered !== null) throw nothingToGoOnFrom(this.name);
      await this.#save({ kind: 'snapshot', content: 'full', name });
      this.#around.notices.success(`Snapshot “${name}” of ${this.name} was taken.`);
    });
  }

  /** Saves the whole machine as the VM's head and ends it. On failure it goes on as before. */
  suspend(): Promise<boolean> {
    return this.#job(() => this.#suspend());
  }

  /** Suspends at quitting: waits for what is under way, and throws why it did not work. */
  async suspendForQuit(): Promise<void> {
    await this.#jobs.settled();
    // What also waited for that may have begun its own work just before.
    while (this.#task !== null) await this.#jobs.settled();
    if (!this.isLive) return;
    await this.#jobs.track(this.#suspend());
  }

  /** Keeps the VM's files, drops its memory, and ends the machine. On failure it goes on as before. */
  powerOff(): Promise<boolean> {
    return this.#job(() => this.#shutDown());
  }

  /** Boots afresh with the files of the running machine. On failure it goes on as before. */
  restart(): Promise<boolean> {
    return this.#job(() => this.#restart());
  }

  /**
   * Replaces the machine by one that goes on from a snapshot. A machine there is now is saved first;
   * when the snapshot does not start, the VM goes on from that.
   */
  restore(snapshotId: StateId): Promise<boolean> {
    return this.#job(() =>
      this.#during('restoring', async () => {
        const goesBack = this.isLive;
        const wasPaused = this.#state.kind === 'paused' && this.#powered === null;
        if (goesBack) await this.#saveBeforeRestore();
        this.#move({ kind: 'restore' });
        this.#end();
        try {
          if (!(await this.#start({ kind: 'snapshot', snapshotId }))) return;
        } catch (caught) {
          if (goesBack) await this.#goBack(wasPaused, caught);
          else this.#fail(caught);
          return;
        }
        await this.#noteRestored(snapshotId);
      }),
    );
  }

  /** The machine for requests that leave the VM's state alone (files). @throws FailureError when it is not running */
  runningMachine(): MachineClient {
    if (this.#client === null || this.#state.kind !== 'running') {
      throw new FailureError('illegal-transition', `${this.name} is not running. Launch or resume it, then try again.`);
    }
    return this.#client;
  }

  /** Ends the machine without saving, for good. */
  dispose(): void {
    this.#end();
    this.#move({ kind: 'stopped' });
    this.#terminals.dispose();
  }

  async #startOrFail(from: LaunchFrom): Promise<void> {
    try {
      await this.#start(from);
    } catch (caught) {
      this.#fail(caught);
    }
  }

  /**
   * Brings a machine up in the state its caller has moved to.
   * @returns false when the VM was ended meanwhile
   * @throws why it did not come up; there is no machine then
   */
  async #start(from: LaunchFrom): Promise<boolean> {
    const begunIn = this.#state;
    const isWanted = (): boolean => this.#state === begunIn;
    try {
      const { plan, client } = await this.#around.host.prepare(this.id, from);
      if (!isWanted()) {
        // The VM was deleted while its machine was being prepared.
        client.dispose();
        return false;
      }
      this.#client = client;
      client.onEvent((event) => this.#onEvent(client, event));
      await cameUp(client, this.#bringUp(client, plan));
      if (!isWanted()) return false;
      this.#move({ kind: 'started' });
      return true;
    } catch (caught) {
      if (!isWanted()) return false;
      this.#end();
      throw caught;
    }
  }

  async #bringUp(client: MachineClient, plan: LaunchPlan): Promise<void> {
    await client.request('start', {
      memoryMib: plan.config.memoryMib,
      vgaMemoryMib: plan.config.vgaMemoryMib,
      commandLine: plan.commandLine,
      hasInitrd: plan.hasInitrd,
      state: plan.state,
      ...this.terminal(0).size,
    });
    // “Running” means that a person can type: what is typed while history is redrawn would be dropped.
    if (this.#client === client) await this.#terminals.connect(client);
  }

  #suspend(): Promise<void> {
    // The memory of a guest that switched itself off is of no use; its files are.
    if (this.#powered !== null) return this.#shutDown();
    return this.#during('suspending', async () => {
      await this.#save({ kind: 'head', content: 'full', name: '' });
      this.#stop();
    });
  }

  #shutDown(): Promise<void> {
    return this.#during('shutting-down', async () => {
      await this.#save({ kind: 'head', content: 'disk', name: '' });
      this.#stop();
    });
  }

  #restart(): Promise<void> {
    return this.#during('restarting', async () => {
      await this.#save({ kind: 'head', content: 'disk', name: '' });
      this.#stop();
      this.#move({ kind: 'launch' });
      await this.#startOrFail({ kind: 'head' });
    });
  }

  async #pause(): Promise<void> {
    this.#move({ kind: 'pause' });
    const client = this.#machine();
    try {
      await client.request('pause', null);
    } catch (caught) {
      if (this.#client === client) this.#backToRunning();
      throw caught;
    }
    this.#stillOurs(client);
    this.#move({ kind: 'paused' });
  }

  /** Saves the machine. That of a saved head stands still and is to be ended; after a failure it goes on as before. */
  async #save(target: SaveTarget): Promise<void> {
    // Only a guest that runs can write its files out; one that switched itself off has done so.
    const isWoken = target.content === 'disk' && this.#state.kind === 'paused' && this.#powered === null;
    this.#move({ kind: 'snapshot' });
    const client = this.#machine();
    try {
      if (isWoken) await client.request('resume', null);
      await client.request('save', target);
    } catch (caught) {
      try {
        if (isWoken) await client.request('pause', null);
      } finally {
        if (this.#client === client) this.#move({ kind: 'snapshot-done' });
      }
      throw caught;
    }
    this.#stillOurs(client);
    this.#move({ kind: 'snapshot-done' });
  }

  async #saveBeforeRestore(): Promise<void> {
    try {
      await this.#save({ kind: 'head', content: this.#powered === null ? 'full' : 'disk', name: '' });
    } catch (caught) {
      throw restoreRefused(this.name, caught);
    }
  }

  /** After a snapshot did not start: launches what was saved before it. @throws always, what happened in words */
  async #goBack(wasPaused: boolean, caught: unknown): Promise<never> {
    await this.#startOrFail({ kind: 'head' });
    if (this.isLive && wasPaused) await this.#pause();
    throw restoreFailed(this.name, this.isLive, caught);
  }

  async #noteRestored(snapshotId: StateId): Promise<void> {
    try {
      await this.#around.host.restored(this.id, snapshotId);
    } catch (caught) {
      throw restoreNotNoted(this.name, caught);
    }
  }

  #stop(): void {
    this.#move({ kind: 'stop' });
    this.#end();
    this.#move({ kind: 'stopped' });
  }

  /** A request to pause was refused, so the machine never stood still. */
  #backToRunning(): void {
    this.#move({ kind: 'paused' });
    this.#move({ kind: 'resume' });
  }

  #onEvent(client: MachineClient, event: MachineEvent): void {
    if (this.#client !== client) return;
    switch (event.kind) {
      case 'load':
        this.#busyFraction = Math.min(1, Math.max(0, event.busyFraction));
        break;
      case 'problem':
        this.#around.notices.failure(`${this.name}: ${event.message}`);
        break;
      case 'crashed':
        this.#end();
        // A start that fails says so by itself, and may have something to go back to.
        if (this.#state.kind === 'starting' || this.#state.kind === 'restoring') break;
        this.#move({ kind: 'fail', message: event.message });
        this.#around.notices.failure(`${this.name} stopped working: ${event.message}`);
        break;
      case 'power':
        this.#powered = event.action;
        void this.#afterPower(client, event.action);
        break;
    }
  }

  /** The guest switched itself off or wants to reboot; it stands still until we act. */
  async #afterPower(client: MachineClient, action: PowerAction): Promise<void> {
    await this.#jobs.settled();
    // Whoever began to save or end the machine meanwhile does what is needed.
    if (this.#client === client && this.#task === null) await this.#job(() => this.#obeyPower(action));
  }

  async #obeyPower(action: PowerAction): Promise<void> {
    // It stands still already: “paused” is the truth, and where a failed save leaves it, so no file is lost.
    if (this.#state.kind === 'running') {
      this.#move({ kind: 'pause' });
      this.#move({ kind: 'paused' });
    }
    try {
      await (action === 'off' ? this.#shutDown() : this.#restart());
    } catch (caught) {
      throw powerNotObeyed(this.name, action, caught);
    }
  }

  /** Runs an action, reports its failure, and counts it among what is under way. */
  #job(action: () => Promise<void>): Promise<boolean> {
    const work = action().then(
      () => this.#state.kind !== 'failed',
      (caught: unknown) => {
        this.#around.notices.failure(toErr(caught).error.message);
        return false;
      },
    );
    return this.#jobs.track(work);
  }

  async #during(task: SessionTask, action: () => Promise<void>): Promise<void> {
    if (this.#task !== null)
      throw new FailureError('busy', `${this.name} is busy. Wait until it is done, then try again.`);
    this.#task = task;
    try {
      await action();
    } finally {
      this.#task = null;
    }
  }

  #fail(caught: unknown): void {
    this.#move({ kind: 'fail', message: toErr(caught).error.message });
  }

  #move(event: VmEvent): void {
    this.#state = unwrap(reduceVm(this.#state, event));
  }

  #machine(): MachineClient {
    if (this.#client === null)
      throw new FailureError('illegal-transition', `${this.name} has no machine now. Launch it first.`);
    return this.#client;
  }

  #stillOurs(client: MachineClient): void {
    if (this.#client !== client) throw new FailureError('io', `${this.name} ended while it was being saved.`);
  }

  #end(): void {
    const client = this.#client;
    this.#client = null;
    this.#powered = null;
    this.#busyFraction = 0;
    this.#terminals.disconnect();
    client?.dispose();
  }
}
