import type { SaveReport, SaveTarget } from '../../../machine/protocol.ts';
import { saveMachine } from './machine-steps.ts';
import { nothingToGoOnFrom } from './session-failures.ts';
import type { SessionMachine } from './session-machine.svelte.ts';
import type { SessionStarts } from './session-starts.ts';
import { t } from '../text/text.svelte.ts';

const HEAD_WITH_MEMORY = { kind: 'head', content: 'full', name: '' } as const;
const HEAD_OF_FILES = { kind: 'head', content: 'disk', name: '' } as const;

/** How a session's machine is kept: its snapshots, and what it leaves when it ends. */
export class SessionKeeping {
  readonly #machine: SessionMachine;
  readonly #starts: SessionStarts;

  constructor(machine: SessionMachine, starts: SessionStarts) {
    this.#machine = machine;
    this.#starts = starts;
  }

  async pause(): Promise<void> {
    const { slot } = this.#machine;
    this.#machine.move({ kind: 'pause' });
    const client = slot.machine();
    try {
      await client.request('pause', null);
    } catch (caught) {
      if (slot.client === client) this.#backToRunning();
      throw caught;
    }
    slot.expect(client);
    this.#machine.move({ kind: 'paused' });
  }

  /** Takes a snapshot, after those that were asked for before; the VM goes on as it was. */
  async snapshot(name: string, madeBy: 'person' | 'timer'): Promise<SaveReport> {
    const machine = this.#machine;
    const reports: SaveReport[] = [];
    const take = async (): Promise<void> => {
      if (machine.powered !== null) throw nothingToGoOnFrom(machine.name);
      reports.push(await this.save({ kind: 'snapshot', content: 'full', name, madeBy }));
      machine.checkpoints.begin();
    };
    await machine.saves.inTurn(name, take, (before) =>
      machine.around.notices.success(t('snapshots.queued', { name, before })),
    );
    const [report] = reports;
    if (report === undefined) throw new Error('a snapshot was neither taken nor refused');
    return report;
  }

  suspend(): Promise<void> {
    // The memory of a guest that switched itself off is of no use; its files are.
    if (this.#machine.powered !== null) return this.shutDown();
    return this.#machine.work.during('suspending', async () => {
      await this.save(HEAD_WITH_MEMORY);
      this.#machine.stop();
    });
  }

  shutDown(): Promise<void> {
    return this.#machine.work.during('shutting-down', async () => {
      await this.save(HEAD_OF_FILES);
      this.#machine.stop();
    });
  }

  restart(): Promise<void> {
    return this.#machine.work.during('restarting', async () => {
      await this.save(HEAD_OF_FILES);
      this.#machine.stop();
      this.#machine.move({ kind: 'launch' });
      await this.#starts.startOrFail({ kind: 'head' });
    });
  }

  /** Saves what a restore replaces. */
  async saveHead(): Promise<void> {
    await this.save(this.#machine.powered === null ? HEAD_WITH_MEMORY : HEAD_OF_FILES);
  }

  /** Saves the machine. That of a saved head stands still and is to be ended; after a failure it goes on as before. */
  async save(target: SaveTarget): Promise<SaveReport> {
    const machine = this.#machine;
    const { slot, around } = machine;
    // A guest that switched itself off has written its files out.
    const isWoken = target.content === 'disk' && machine.state.kind === 'paused' && machine.powered === null;
    machine.move({ kind: 'snapshot' });
    const client = slot.machine();
    try {
      // What boots from files alone will not show this again.
      const screen = target.content === 'disk' ? null : slot.screen(around.shownTerminal(machine.id));
      const report = await saveMachine(client, { ...target, screen }, isWoken);
      slot.expect(client);
      return report;
    } finally {
      machine.saves.ended();
      if (slot.client === client) machine.move({ kind: 'snapshot-done' });
    }
  }

  /** A request to pause was refused, so the machine never stood still. */
  #backToRunning(): void {
    this.#machine.move({ kind: 'paused' });
    this.#machine.move({ kind: 'resume' });
  }
}
