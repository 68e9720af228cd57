import type { MachineClient } from '../../../machine/client.ts';
import type { MachineEvent } from '../../../machine/protocol.ts';
import type { LaunchFrom, LinkOffer } from '../../../shared/ipc/contract.ts';
import { CHECKPOINT_NAME, type Checkpoints } from '../../../shared/model/checkpoints.ts';
import { parseStateId, type StateId, type VmId } from '../../../shared/model/ids.ts';
import type { ScreenPreview } from '../../../shared/model/state.ts';
import type { VmState } from '../../../shared/model/vm.ts';
import { FailureError, unwrap } from '../../../shared/result.ts';
import type { ScreenSession } from '../features/screen/screen-session.svelte.ts';
import type { TerminalSession } from '../features/terminal/terminal-session.ts';
import { SessionKeeping } from './session-keeping.ts';
import type { SessionLoad } from './session-load.svelte.ts';
import { SessionMachine, type SessionSurroundings } from './session-machine.svelte.ts';
import { SessionPower } from './session-power.ts';
import { restoreSession } from './session-restore.ts';
import { SessionStarts } from './session-starts.ts';
import type { SessionTask } from './session-words.ts';
import type { ShellId, TerminalId } from './terminal-id.ts';
import { said, t } from '../text/text.svelte.ts';

export type { SessionSurroundings } from './session-machine.svelte.ts';

/**
 * One VM's life in this window: its state, its machine while there is one, and its terminals.
 * Actions report their own failures and tell whether they succeeded. Every change of state goes
 * through the reducer; no step of a job awaits in a state that would allow a second job.
 */
export class VmSession {
  readonly id: VmId;
  readonly #machine: SessionMachine;
  readonly #starts: SessionStarts;
  readonly #keeping: SessionKeeping;
  readonly #power: SessionPower;

  constructor(id: VmId, around: SessionSurroundings) {
    this.id = id;
    this.#machine = new SessionMachine(id, around, () => this.#checkpoint());
    this.#starts = new SessionStarts(this.#machine, (client, event) => this.#onEvent(client, event));
    this.#keeping = new SessionKeeping(this.#machine, this.#starts);
    this.#power = new SessionPower(this.#machine, this.#keeping);
  }

  get state(): VmState {
    return this.#machine.state;
  }

  get task(): SessionTask | null {
    return this.#machine.work.task;
  }

  get load(): SessionLoad {
    return this.#machine.load;
  }

  /** Share of the last second the machine was busy, 0..1. */
  get busyFraction(): number {
    return this.state.kind === 'running' ? this.load.busyFraction : 0;
  }

  get name(): string {
    return this.#machine.name;
  }

  get isLive(): boolean {
    return this.#machine.isLive;
  }

  /** The snapshots of it that are wanted, in their order. The first is being taken. */
  get snapshotsUnderWay(): readonly string[] {
    return this.#machine.saves.names;
  }

  /** How much of a state has left the machine, 0..1; null while none does. */
  get savedFraction(): number | null {
    return this.#machine.saves.fraction;
  }

  /** Takes snapshots by itself while it runs. Null turns that off. */
  setCheckpoints(checkpoints: Checkpoints | null): void {
    this.#machine.checkpoints.set(checkpoints);
  }

  /** Main hands over a new port to the relay. */
  takeLink(offer: LinkOffer): void {
    this.#machine.slot.takeLink(offer);
  }

  /** One of its terminals, made when it is first looked at. */
  terminal(id: TerminalId): TerminalSession {
    return this.#machine.slot.terminals.get(id);
  }

  /** Its terminal that is shown in this element. */
  terminalIn(element: Element): TerminalSession | undefined {
    return this.#machine.slot.terminals.shownIn(element);
  }

  /** Its display, for who looks at it. */
  get display(): ScreenSession {
    return this.#machine.slot.display;
  }

  /**
   * Opens a terminal beside the consoles, with a shell that the guest's agent runs. Null when there are too many.
   * @param like the terminal in whose folder it begins
   */
  newShell(like: TerminalId | null = null): ShellId | null {
    return this.#machine.slot.terminals.newShell(like);
  }

  /** A layout of before shows this terminal. */
  reserve(id: TerminalId): void {
    this.#machine.slot.terminals.reserve(id);
  }

  /** Ends the shell of a terminal. A console only leaves the screen. */
  closeTerminal(id: TerminalId): void {
    this.#machine.slot.terminals.close(id);
  }

  /** What its machine shows now; null where it has none, or nobody has looked at it yet. */
  screen(): ScreenPreview | null {
    return this.isLive ? this.#machine.slot.screen(this.#machine.around.shownTerminal(this.id)) : null;
  }

  launch(from: LaunchFrom = { kind: 'head' }): Promise<boolean> {
    return this.#job(async () => {
      this.#machine.around.admit(this.id);
      this.#machine.move({ kind: 'launch' });
      await this.#starts.startOrFail(from);
    });
  }

  pause(): Promise<boolean> {
    return this.#job(() => this.#keeping.pause());
  }

  /** Lets it run on. A guest that switched itself off cannot: what it asked for is tried again. */
  resume(): Promise<boolean> {
    return this.#job(async () => {
      const { powered, slot } = this.#machine;
      if (powered !== null) {
        await this.#power.obey(powered);
        return;
      }
      this.#machine.move({ kind: 'resume' });
      await slot.machine().request('resume', null);
    });
  }

  /**
   * Takes a named snapshot, after those that were asked for before; the VM goes on as it was.
   * @param isAnnounced whether a message says that it was taken
   */
  snapshot(name: string, isAnnounced = true): Promise<boolean> {
    return this.#job(async () => {
      await this.#keeping.snapshot(name, 'person');
      if (isAnnounced) this.#machine.around.notices.success(t('snapshots.taken', { name, vm: this.name }));
    });
  }

  /** A snapshot of it as it is now, for a duplicate. @throws FailureError */
  async snapshotForDuplicate(name: string): Promise<StateId> {
    const { receipt } = await this.#machine.work.track(this.#keeping.snapshot(name, 'person'));
    return unwrap(parseStateId(receipt.stateId ?? ''));
  }

  /** Saves the whole machine as the VM's head and ends it. On failure it goes on as before. */
  suspend(): Promise<boolean> {
    return this.#job(() => this.#keeping.suspend());
  }

  /** Suspends at quitting: waits for what is under way, and throws why it did not work. */
  async suspendForQuit(): Promise<void> {
    const { work } = this.#machine;
    await work.idle();
    if (this.isLive) await work.track(this.#keeping.suspend());
  }

  /** Keeps the VM's files, drops its memory, and ends the machine. On failure it goes on as before. */
  powerOff(): Promise<boolean> {
    return this.#job(() => this.#keeping.shutDown());
  }

  /** Boots afresh with the files of the running machine. On failure it goes on as before. */
  restart(): Promise<boolean> {
    return this.#job(() => this.#keeping.restart());
  }

  /**
   * Replaces the machine by one that goes on from a snapshot. A machine there is now is saved first;
   * when the snapshot does not start, the VM goes on from that.
   */
  restore(snapshotId: StateId): Promise<boolean> {
    return this.#job(() =>
      this.#machine.work.during('restoring', () =>
        restoreSession(this.#machine, this.#starts, this.#keeping, snapshotId),
      ),
    );
  }

  /** The machine for requests that leave the VM's state alone (files). @throws FailureError when it is not running */
  runningMachine(): MachineClient {
    const { client } = this.#machine.slot;
    if (client === null || this.state.kind !== 'running') {
      throw new FailureError('illegal-transition', `${this.name} is not running. Launch or resume it, then try again.`);
    }
    return client;
  }

  /** Ends the machine without saving. */
  end(): void {
    this.#machine.end();
    this.#machine.move({ kind: 'stopped' });
  }

  /** Ends the machine and its terminals, for good. */
  dispose(): void {
    this.#machine.dispose();
  }

  /** What the clock asks for: silently, unless it fails. */
  async #checkpoint(): Promise<void> {
    if (this.task === null && this.#machine.powered === null)
      await this.#job(() => this.#keeping.snapshot(CHECKPOINT_NAME, 'timer'));
  }

  #onEvent(client: MachineClient, event: MachineEvent): void {
    const machine = this.#machine;
    const { notices } = machine.around;
    if (machine.slot.client !== client) return;
    switch (event.kind) {
      case 'load':
        machine.load.take(event.busyFraction);
        break;
      case 'saving':
        machine.saves.progress(event.doneBytes, event.totalBytes);
        break;
      case 'problem':
        notices.failure(`${this.name}: ${said(event.message)}`);
        break;
      case 'crashed':
        machine.end();
        // A start that fails says so by itself, and may have something to go back to.
        if (this.state.kind === 'starting' || this.state.kind === 'restoring') break;
        machine.move({ kind: 'fail', message: said(event.message), hasCrashed: true });
        notices.failure(t('crash.vm.stopped', { name: this.name, why: said(event.message) }));
        break;
      case 'power':
        void this.#power.asked(client, event.action);
        break;
    }
  }

  /** @returns whether the action succeeded and left the VM in order */
  async #job(action: () => Promise<unknown>): Promise<boolean> {
    return (await this.#machine.work.report(action)) && this.state.kind !== 'failed';
  }
}
