import type { MachineClient } from '../../../machine/client.ts';
import type { ConsoleId, MachineEvent, SaveTarget } from '../../../machine/protocol.ts';
import type { LaunchFrom, LinkOffer } from '../../../shared/ipc/contract.ts';
import { CHECKPOINT_NAME, type Checkpoints } from '../../../shared/model/checkpoints.ts';
import type { StateId, VmId } from '../../../shared/model/ids.ts';
import { isLive, reduceVm, type VmEvent, type VmState } from '../../../shared/model/vm.ts';
import { FailureError, toErr, unwrap } from '../../../shared/result.ts';
import type { TerminalSession } from '../features/terminal/terminal-session.ts';
import { CheckpointTimer, type CheckpointPhase, type Clock } from './checkpoint-timer.ts';
import type { MachineHost } from './machine-host.ts';
import { MachineSlot, type SlotSurroundings } from './machine-slot.ts';
import { saveMachine } from './machine-steps.ts';
import {
  nothingToGoOnFrom,
  powerNotObeyed,
  restoreFailed,
  restoreNotNoted,
  restoreRefused,
  rewording,
  type PowerAction,
} from './session-failures.ts';
import { SessionSaves } from './session-saves.svelte.ts';
import type { SessionTask } from './session-words.ts';
import { SessionWork } from './session-work.svelte.ts';
import { cameUp } from './start-watch.ts';

/** What a session needs from the rest of the app. */
export interface SessionSurroundings extends SlotSurroundings {
  readonly host: MachineHost;
  readonly clock: Clock;
  nameOf(vmId: VmId): string;
  /** The terminal a person has open of it: what a thumbnail shows. */
  shownConsole(vmId: VmId): ConsoleId;
}

/**
 * One VM's life in this window: its state, its machine while there is one, and its terminals.
 * Actions report their own failures and tell whether they succeeded. Every change of state goes
 * through the reducer; no step of a job awaits in a state that would allow a second job.
 */
export class VmSession {
  readonly id: VmId;
  #state: VmState = $state.raw({ kind: 'stopped' });
  #busyFraction = $state(0);
  readonly #slot: MachineSlot;
  readonly #work: SessionWork;
  readonly #saves = new SessionSaves();
  readonly #checkpoints: CheckpointTimer;
  /** What the guest asked for by switching itself off. Its machine stands still until that is done. */
  #powered: PowerAction | null = null;
  readonly #around: SessionSurroundings;

  constructor(id: VmId, around: SessionSurroundings) {
    this.id = id;
    this.#around = around;
    this.#work = new SessionWork(around.notices, () => this.name);
    this.#slot = new MachineSlot(around, () => this.name);
    this.#checkpoints = new CheckpointTimer(around.clock, () => this.#checkpoint());
  }

  get state(): VmState {
    return this.#state;
  }

  get task(): SessionTask | null {
    return this.#work.task;
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

  /** The snapshots of it that are wanted, in their order. The first is being taken. */
  get snapshotsUnderWay(): readonly string[] {
    return this.#saves.names;
  }

  /** How much of a state has left the machine, 0..1; null while none does. */
  get savedFraction(): number | null {
    return this.#saves.fraction;
  }

  /** Takes snapshots by itself while it runs. Null turns that off. */
  setCheckpoints(checkpoints: Checkpoints | null): void {
    this.#checkpoints.set(checkpoints);
  }

  /** Main hands over a new port to the relay. */
  takeLink(offer: LinkOffer): void {
    this.#slot.takeLink(offer);
  }

  /** The terminal of a console, made when it is first looked at. */
  terminal(console: ConsoleId): TerminalSession {
    return this.#slot.terminal(console);
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
      await this.#slot.machine().request('resume', null);
    });
  }

  /** Takes a named snapshot, after those that were asked for before; the VM goes on as it was. */
  snapshot(name: string): Promise<boolean> {
    return this.#job(async () => {
      await this.#snapshot(name, 'person');
      this.#around.notices.success(`Snapshot “${name}” of ${this.name} was taken.`);
    });
  }

  /** Saves the whole machine as the VM's head and ends it. On failure it goes on as before. */
  suspend(): Promise<boolean> {
    return this.#job(() => this.#suspend());
  }

  /** Suspends at quitting: waits for what is under way, and throws why it did not work. */
  async suspendForQuit(): Promise<void> {
    await this.#work.idle();
    if (this.isLive) await this.#work.track(this.#suspend());
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
      this.#work.during('restoring', async () => {
        const goesBack = this.isLive;
        const wasPaused = this.#state.kind === 'paused' && this.#powered === null;
        if (goesBack) {
          // First of all: a state that is saved shares what it has in common with the snapshot, damage included, and what
          // runs now is given up only for something that works.
          const checked = this.#around.host.checkSnapshot(snapshotId);
          await rewording(checked, (caught) => restoreRefused(this.name, caught));
          const content = this.#powered === null ? 'full' : 'disk';
          const saved = this.#save({ kind: 'head', content, name: '' });
          await rewording(saved, (caught) => restoreRefused(this.name, caught));
        }
        this.#move({ kind: 'restore' });
        this.#end();
        try {
          if (!(await this.#start({ kind: 'snapshot', snapshotId }))) return;
        } catch (caught) {
          if (goesBack) await this.#goBack(wasPaused, caught);
          else this.#didNotStart(caught);
          return;
        }
        this.#checkpoints.begin();
        const noted = this.#around.host.restored(this.id, snapshotId);
        await rewording(noted, (caught) => restoreNotNoted(this.name, caught));
      }),
    );
  }

  /** The machine for requests that leave the VM's state alone (files). @throws FailureError when it is not running */
  runningMachine(): MachineClient {
    const { client } = this.#slot;
    if (client === null || this.#state.kind !== 'running') {
      throw new FailureError('illegal-transition', `${this.name} is not running. Launch or resume it, then try again.`);
    }
    return client;
  }

  /** Ends the machine without saving. */
  end(): void {
    this.#end();
    this.#move({ kind: 'stopped' });
  }

  /** Ends the machine and its terminals, for good. */
  dispose(): void {
    this.end();
    this.#checkpoints.dispose();
    this.#slot.dispose();
  }

  async #startOrFail(from: LaunchFrom): Promise<void> {
    try {
      await this.#start(from);
    } catch (caught) {
      this.#didNotStart(caught);
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
      this.#slot.put(client, plan);
      client.onEvent((event) => this.#onEvent(client, event));
      await cameUp(client, this.#slot.start(client, plan));
      if (!isWanted()) return false;
      this.#move({ kind: 'started' });
      return true;
    } catch (caught) {
      if (!isWanted()) return false;
      this.#end();
      throw caught;
    }
  }

  #suspend(): Promise<void> {
    // The memory of a guest that switched itself off is of no use; its files are.
    if (this.#powered !== null) return this.#shutDown();
    return this.#work.during('suspending', async () => {
      await this.#save({ kind: 'head', content: 'full', name: '' });
      this.#stop();
    });
  }

  #shutDown(): Promise<void> {
    return this.#work.during('shutting-down', async () => {
      await this.#save({ kind: 'head', content: 'disk', name: '' });
      this.#stop();
    });
  }

  #restart(): Promise<void> {
    return this.#work.during('restarting', async () => {
      await this.#save({ kind: 'head', content: 'disk', name: '' });
      this.#stop();
      this.#move({ kind: 'launch' });
      await this.#startOrFail({ kind: 'head' });
    });
  }

  async #pause(): Promise<void> {
    this.#move({ kind: 'pause' });
    const client = this.#slot.machine();
    try {
      await client.request('pause', null);
    } catch (caught) {
      if (this.#slot.client === client) this.#backToRunning();
      throw caught;
    }
    this.#slot.expect(client);
    this.#move({ kind: 'paused' });
  }

  async #snapshot(name: string, madeBy: 'person' | 'timer'): Promise<void> {
    const take = async (): Promise<void> => {
      if (this.#powered !== null) throw nothingToGoOnFrom(this.name);
      await this.#save({ kind: 'snapshot', content: 'full', name, madeBy });
      this.#checkpoints.begin();
    };
    await this.#saves.inTurn(name, take, (before) =>
      this.#around.notices.success(`“${name}” will be taken as soon as “${before}” is saved.`),
    );
  }

  /** What the clock asks for: silently, unless it fails. */
  async #checkpoint(): Promise<void> {
    if (this.task === null && this.#powered === null) await this.#job(() => this.#snapshot(CHECKPOINT_NAME, 'timer'));
  }

  /** Saves the machine. That of a saved head stands still and is to be ended; after a failure it goes on as before. */
  async #save(target: SaveTarget): Promise<void> {
    // A guest that switched itself off has written its files out.
    const isWoken = target.content === 'disk' && this.#state.kind === 'paused' && this.#powered === null;
    this.#move({ kind: 'snapshot' });
    const client = this.#slot.machine();
    try {
      // What boots from files alone will not show this again.
      const screen = target.content === 'disk' ? null : this.#slot.screen(this.#around.shownConsole(this.id));
      await saveMachine(client, { ...target, screen }, isWoken);
      this.#slot.expect(client);
    } finally {
      this.#saves.ended();
      if (this.#slot.client === client) this.#move({ kind: 'snapshot-done' });
    }
  }

  /** After a snapshot did not start: launches what was saved before it. @throws always, what happened in words */
  async #goBack(wasPaused: boolean, caught: unknown): Promise<never> {
    await this.#startOrFail({ kind: 'head' });
    if (this.isLive && wasPaused) await this.#pause();
    throw restoreFailed(this.name, this.isLive, caught);
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
    if (this.#slot.client !== client) return;
    switch (event.kind) {
      case 'load':
        this.#busyFraction = Math.min(1, Math.max(0, event.busyFraction));
        break;
      case 'saving':
        this.#saves.progress(event.doneBytes, event.totalBytes);
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
    await this.#work.settled();
    // Whoever began to save or end the machine meanwhile does what is needed.
    if (this.#slot.client === client && this.task === null) await this.#job(() => this.#obeyPower(action));
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

  /** @returns whether the action succeeded and left the VM in order */
  async #job(action: () => Promise<void>): Promise<boolean> {
    return (await this.#work.report(action)) && this.#state.kind !== 'failed';
  }

  /** @throws what happened, when it is no fault of the VM: another process runs it */
  #didNotStart(caught: unknown): void {
    if (caught instanceof FailureError && caught.code === 'busy') {
      this.#move({ kind: 'stopped' });
      throw caught;
    }
    this.#move({ kind: 'fail', message: toErr(caught).error.message });
  }

  #move(event: VmEvent): void {
    this.#state = unwrap(reduceVm(this.#state, event));
    this.#checkpoints.enter(checkpointPhase(this.#state));
  }

  #end(): void {
    this.#powered = null;
    this.#busyFraction = 0;
    this.#slot.empty();
  }
}

function checkpointPhase(state: VmState): CheckpointPhase {
  if (state.kind === 'running') return 'free';
  return state.kind === 'snapshotting' && state.then === 'running' ? 'busy' : 'still';
}
