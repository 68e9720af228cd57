import { TransferRate } from './transfer-rate.ts';

export type TransferPhase =
  | 'waiting'
  /** The host packs a folder. */
  | 'packing'
  /** The guest is read, or packs a folder. */
  | 'reading'
  | 'copying'
  /** All bytes are there; the guest puts them in their place. */
  | 'finishing'
  | 'done'
  | 'skipped'
  | 'failed'
  | 'cancelled';

const ENDS: ReadonlySet<TransferPhase> = new Set(['done', 'skipped', 'failed', 'cancelled']);

export interface TransferOrder {
  readonly direction: 'in' | 'out';
  readonly kind: 'file' | 'folder';
  /** The guest's name of it, or the host's on the way in. */
  readonly name: string;
  readonly guestPath: string;
  /** What leads to the file or folder on the host. */
  readonly token: string;
  readonly vmName: string;
  /** The copy only serves a drag, and is of no use without it. */
  readonly isForDrag?: boolean;
}

/** One file or folder on its way into or out of a VM, as the list of transfers shows it. */
export class Transfer {
  readonly id: number;
  readonly order: TransferOrder;
  #phase: TransferPhase = $state('waiting');
  #doneBytes = $state(0);
  #totalBytes: number | null = $state(null);
  #bytesPerSecond: number | null = $state(null);
  #failure: string | null = $state(null);
  #isCancelling = $state(false);
  #rate = new TransferRate();

  constructor(id: number, order: TransferOrder) {
    this.id = id;
    this.order = order;
  }

  get phase(): TransferPhase {
    return this.#phase;
  }

  get hasEnded(): boolean {
    return ENDS.has(this.#phase);
  }

  get doneBytes(): number {
    return this.#doneBytes;
  }

  get totalBytes(): number | null {
    return this.#totalBytes;
  }

  /** 0..1; null while nothing is known. */
  get fraction(): number | null {
    if (this.#phase !== 'copying' || this.#totalBytes === null) return null;
    return this.#totalBytes === 0 ? 1 : this.#doneBytes / this.#totalBytes;
  }

  get bytesPerSecond(): number | null {
    return this.#bytesPerSecond;
  }

  get failure(): string | null {
    return this.#failure;
  }

  get isCancelling(): boolean {
    return this.#isCancelling;
  }

  to(phase: TransferPhase): void {
    this.#phase = phase;
  }

  progress(doneBytes: number, totalBytes: number, atMs: number): void {
    this.#rate.take(doneBytes, atMs);
    this.#doneBytes = doneBytes;
    this.#totalBytes = totalBytes;
    this.#bytesPerSecond = this.#rate.bytesPerSecond;
    this.#phase = doneBytes < totalBytes ? 'copying' : 'finishing';
  }

  cancel(): void {
    this.#isCancelling = true;
    if (this.#phase === 'waiting') this.#phase = 'cancelled';
  }

  fail(message: string): void {
    this.#phase = this.#isCancelling ? 'cancelled' : 'failed';
    this.#failure = this.#isCancelling ? null : message;
  }

  /** As it was before it began. */
  reset(): void {
    this.#phase = 'waiting';
    this.#doneBytes = 0;
    this.#totalBytes = null;
    this.#bytesPerSecond = null;
    this.#failure = null;
    this.#isCancelling = false;
    this.#rate = new TransferRate();
  }
}
