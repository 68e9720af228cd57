import type { MachineClient } from '../../../machine/client.ts';
import type { ConsoleId, MachineEvent, SaveTarget } from '../../../machine/protocol.ts';
import type { LaunchFrom } from '../../../shared/ipc/contract.ts';
import type { StateId, VmId } from '../../../shared/model/ids.ts';
import { isLive, reduceVm, type VmEvent, type VmState } from '../../../shared/model/vm.ts';
import { FailureError, toErr, unwrap } from '../../../shared/result.ts';
import type { TerminalSession } from '../features/terminal/terminal-session.ts';
import { Jobs } from './jobs.ts';
import type { MachineHost } from './machine-host.ts';
import type { Notices } from './notices.ts';
import type { SessionTask } from './session-words.ts';
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
  /** Files of a machine that was taken down for a restart, until a machine has started with them. */
  #disk: Uint8Array | null = null;
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
      await this.#start(this.#disk === null ? from : { kind: 'cold' });
    });
  }

  pause(): Promise<boolean> {
    return this.#job(async () => {
      if (this.#state.kind === 'paused') this.#move({ kind: 'pause' });
      await this.#standStill();
    });
  }

  resume(): Promise<boolean> {
    return this.#job(async () => {
      this.#move({ kind: 'resume' });
      await this.#machine().request('resume', null);
    });
  }

  /** Takes a named snapshot; the VM goes on as it was. */
  snapshot(name: string): Promise<boolean> {
    return this.#job(async () => {
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
    if (!this.isLive) return;
    await this.#jobs.track(this.#suspend());
  }

  /** Keeps the VM's files, drops its memory, and ends the machine. */
  powerOff(): Promise<boolean> {
    return this.#job(() => this.#during('shutting-down', () => this.#keepFilesAndStop()));
  }

  /** Boots afresh with the files of the running machine. */
  restart(): Promise<boolean> {
    return this.#job(() =>
      this.#during('restarting', async () => {
        const client = this.#machine();
        this.#move({ kind: 'snapshot' });
        try {
          this.#disk = await client.request('takeDisk', null);
        } finally {
          if (this.#client === client) this.#move({ kind: 'snapshot-done' });
        }
        this.#stop();
        this.#move({ kind: 'launch' });
        await this.#start({ kind: 'cold' });
      }),
    );
  }

  /** Replaces the machine by one that goes on from a snapshot. */
  restore(snapshotId: StateId): Promise<boolean> {
    return this.#job(async () => {
      this.#move({ kind: 'restore' });
      this.#end();
      this.#disk = null;
      await this.#start({ kind: 'snapshot', snapshotId });
    });
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

  async #start(from: LaunchFrom): Promise<void> {
    const begunIn = this.#state;
    try {
      const { plan, client } = await this.#around.host.prepare(this.id, from);
      if (this.#state !== begunIn) {
        // The VM was deleted while its machine was being prepared.
        client.dispose();
        return;
      }
      this.#client = client;
      client.onEvent((event) => this.#onEvent(client, event));
      await client.request('start', {
        memoryMib: plan.config.memoryMib,
        vgaMemoryMib: plan.config.vgaMemoryMib,
        commandLine: plan.commandLine,
        hasInitrd: plan.hasInitrd,
        state: plan.state,
        disk: this.#disk,
        ...this.terminal(0).size,
      });
      if (this.#client !== client) return;
      this.#disk = null;
      // “Running” means that a person can type: what is typed while history is redrawn would be dropped.
      await this.#terminals.connect(client);
      if (this.#client === client) this.#move({ kind: 'started' });
    } catch (caught) {
      if (this.#state !== begunIn) return;
      this.#end();
      this.#move({ kind: 'fail', message: toErr(caught).error.message });
    }
  }

  #suspend(): Promise<void> {
    return this.#during('suspending', async () => {
      // Stopped before it is saved, so that nothing done in it after the save is lost.
      const wasRunning = await this.#standStill();
      await this.#save({ kind: 'head', content: 'full', name: '' }, wasRunning);
      this.#stop();
    });
  }

  /** Pauses the machine for a step of a job. @returns whether it was running before */
  async #standStill(): Promise<boolean> {
    if (this.#state.kind === 'paused') return false;
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
    return true;
  }

  async #save(target: SaveTarget, resumeAfterFailure = false): Promise<void> {
    this.#move({ kind: 'snapshot' });
    const client = this.#machine();
    try {
      await client.request('save', target);
    } catch (caught) {
      if (this.#client === client) {
        this.#move({ kind: 'snapshot-done' });
        if (resumeAfterFailure) {
          this.#move({ kind: 'resume' });
          await client.request('resume', null);
        }
      }
      throw caught;
    }
    this.#stillOurs(client);
    this.#move({ kind: 'snapshot-done' });
  }

  async #keepFilesAndStop(): Promise<void> {
    await this.#save({ kind: 'head', content: 'disk', name: '' });
    this.#stop();
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
        this.#move({ kind: 'fail', message: event.message });
        this.#around.notices.failure(`${this.name} stopped working: ${event.message}`);
        break;
      case 'power':
        void this.#afterPower(client, event.action);
        break;
    }
  }

  /** The guest switched itself off or wants to reboot; it stands still until we act. */
  async #afterPower(client: MachineClient, action: 'off' | 'reboot'): Promise<void> {
    await this.#jobs.settled();
    if (this.#client !== client) return;
    if (action === 'reboot') {
      await this.restart();
      return;
    }
    await this.#job(() =>
      this.#during('shutting-down', async () => {
        // It stands still already: “paused” is the truth, and where a failed save leaves it, so no file is lost.
        if (this.#state.kind === 'running') {
          this.#move({ kind: 'pause' });
          this.#move({ kind: 'paused' });
        }
        try {
          await this.#keepFilesAndStop();
        } catch (caught) {
          const { code, message } = toErr(caught).error;
          throw new FailureError(
            code,
            `${this.name} switched itself off, but its files could not be saved: ${message} It is kept, paused; choose “Shut down” to try again.`,
          );
        }
      }),
    );
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
    this.#busyFraction = 0;
    this.#terminals.disconnect();
    client?.dispose();
  }
}
