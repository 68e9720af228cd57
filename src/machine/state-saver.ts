import type { BulkClient } from '../shared/bulk/client.ts';
import { makeCopyRoom } from './copy-room.ts';
import { captureDisk, captureFull } from './cpu-state.ts';
import { prepareGuest } from './guest-help.ts';
import type { GuestLink } from './guest-link.ts';
import type { SaveReport, SaveTarget } from './protocol.ts';
import type { RunHolds } from './run-holds.ts';
import { saveProgress } from './save-progress.ts';
import type { MachineState } from './state-codec.ts';
import { sendState } from './state-transfer.ts';
import type { Emulator } from './v86.ts';
import { plainBytes } from './wasm-view.ts';

const IDLE_POLL_MS = 2;

export interface SaverParts {
  readonly bulk: BulkClient;
  readonly holds: RunHolds;
  readonly link: GuestLink;
  /** @throws FailureError `illegal-transition` before the machine was started */
  emulator(): Emulator;
  /** The guest switched itself off. */
  isOff(): boolean;
  /** Has the guest write out its files, however long that takes. */
  sync(): Promise<void>;
  /** Has all files that were left in the state the machine began from; a save needs them. */
  readFiles(): Promise<void>;
  /** What the consoles showed. */
  histories(): readonly Uint8Array[];
  progress(doneBytes: number, totalBytes: number): void;
}

/** Saves a machine: one state at a time leaves it. */
export class StateSaver {
  private readonly parts: SaverParts;
  /** Ends when the save before has ended. */
  private saving: Promise<unknown> = Promise.resolve();

  constructor(parts: SaverParts) {
    this.parts = parts;
  }

  save(target: SaveTarget): Promise<SaveReport> {
    const saved = this.saving.then(() => this.saveNow(target));
    // The one behind waits for the end of this one, however it ends.
    this.saving = saved.catch(() => null);
    return saved;
  }

  private async saveNow(target: SaveTarget): Promise<SaveReport> {
    const { holds, bulk } = this.parts;
    const emulator = this.parts.emulator();
    const room = await this.prepare(emulator, target);
    await holds.hold('save');
    try {
      while (emulator.fileRequestsInFlight() > 0) await new Promise((resolve) => setTimeout(resolve, IDLE_POLL_MS));
      const began = performance.now();
      const state = this.capture(emulator, target.content, room);
      const pauseMs = performance.now() - began;
      // A head is taken to end the machine: it must not run past what was saved.
      if (target.kind !== 'head') holds.release('save');
      const progress = saveProgress(
        (doneBytes, totalBytes) => this.parts.progress(doneBytes, totalBytes),
        () => performance.now(),
      );
      return { ...(await sendState(bulk, target, state, progress)), pauseMs };
    } catch (cause) {
      // Not saved, so the machine is not to end: it goes on.
      holds.release('save');
      throw cause;
    }
  }

  /** What can be done before the guest stands still. @returns room for its memory, where that pays */
  private async prepare(emulator: Emulator, target: SaveTarget): Promise<Uint8Array | null> {
    const { kind, content, madeBy } = target;
    const { holds, link } = this.parts;
    await this.parts.readFiles();
    // A guest that switched itself off has written everything out already.
    if (content === 'disk') {
      if (!this.parts.isOff()) await this.parts.sync();
      return null;
    }
    // A base snapshot was prepared by its builder; a checkpoint that nobody asked for is not to slow down work.
    if (kind !== 'base' && !holds.isHeld) await prepareGuest(link, madeBy !== 'timer');
    // The guest of a head stands still for good: nobody waits for it.
    if (kind === 'head' || holds.isHeld) return null;
    const { cpu } = emulator;
    return makeCopyRoom(
      () => plainBytes(cpu.mem8),
      cpu.wasm_memory,
      () => new Promise((resolve) => setTimeout(resolve, 0)),
    );
  }

  private capture(emulator: Emulator, content: 'full' | 'disk', room: Uint8Array | null): MachineState {
    const consoles = this.parts.histories();
    return content === 'full' ? captureFull(emulator.cpu, consoles, room) : captureDisk(emulator.fs, consoles);
  }
}
