import type { VmId } from '../../../shared/model/ids.ts';
import { isLive, reduceVm, type VmEvent, type VmState } from '../../../shared/model/vm.ts';
import { unwrap } from '../../../shared/result.ts';
import { CheckpointTimer, type CheckpointPhase, type Clock } from './checkpoint-timer.ts';
import type { MachineHost } from './machine-host.ts';
import { MachineSlot, type SlotSurroundings } from './machine-slot.ts';
import type { PowerAction } from './session-failures.ts';
import { SessionLoad } from './session-load.svelte.ts';
import { SessionSaves } from './session-saves.svelte.ts';
import { SessionWork } from './session-work.svelte.ts';
import type { TerminalId } from './terminal-id.ts';

/** What a session needs from the rest of the app. */
export interface SessionSurroundings extends SlotSurroundings {
  readonly host: MachineHost;
  readonly clock: Clock;
  nameOf(vmId: VmId): string;
  /** The terminal a person has open of it: what a thumbnail shows. */
  shownTerminal(vmId: VmId): TerminalId;
  /** Whether this computer has room for the VM. @throws FailureError `limit` */
  admit(vmId: VmId): void;
  /** Whether the window is in sight; in one that is not, nothing is drawn. */
  isSeen(): boolean;
}

/** What the parts of a session work on: the VM's state, its machine while there is one, and what is under way. */
export class SessionMachine {
  readonly id: VmId;
  readonly around: SessionSurroundings;
  readonly slot: MachineSlot;
  readonly work: SessionWork;
  readonly saves = new SessionSaves();
  readonly load: SessionLoad;
  readonly checkpoints: CheckpointTimer;
  /** What the guest asked for by switching itself off. Its machine stands still until that is done. */
  powered: PowerAction | null = null;
  #state: VmState = $state.raw({ kind: 'stopped' });

  /** @param checkpoint takes a snapshot by the clock */
  constructor(id: VmId, around: SessionSurroundings, checkpoint: () => Promise<void>) {
    this.id = id;
    this.around = around;
    this.work = new SessionWork(around.notices, () => this.name);
    this.slot = new MachineSlot(around, () => this.name);
    this.load = new SessionLoad(
      () => around.clock.nowMs(),
      () => around.isSeen(),
    );
    this.checkpoints = new CheckpointTimer(around.clock, checkpoint);
  }

  get state(): VmState {
    return this.#state;
  }

  get isLive(): boolean {
    return isLive(this.#state);
  }

  get name(): string {
    return this.around.nameOf(this.id);
  }

  /** Every change of state goes through the reducer. @throws FailureError `illegal-transition` */
  move(event: VmEvent): void {
    this.#state = unwrap(reduceVm(this.#state, event));
    this.checkpoints.enter(checkpointPhase(this.#state));
  }

  /** Ends the machine without saving; the state is its caller's to move. */
  end(): void {
    this.powered = null;
    this.load.clear();
    this.slot.empty();
  }

  /** Ends a machine that was saved. */
  stop(): void {
    this.move({ kind: 'stop' });
    this.end();
    this.move({ kind: 'stopped' });
  }

  dispose(): void {
    this.end();
    this.move({ kind: 'stopped' });
    this.checkpoints.dispose();
    this.slot.dispose();
  }
}

function checkpointPhase(state: VmState): CheckpointPhase {
  if (state.kind === 'running') return 'free';
  return state.kind === 'snapshotting' && state.then === 'running' ? 'busy' : 'still';
}
