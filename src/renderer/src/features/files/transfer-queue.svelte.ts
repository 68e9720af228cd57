import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import type { FileProgress } from '../../../../shared/ipc/contract.ts';
import { toErr } from '../../../../shared/result.ts';
import { BatchChoice, CollisionQuestions } from './collisions.svelte.ts';
import { Transfer, type TransferOrder } from './transfer.svelte.ts';
import { copyOne, placeFor, type TransferSession } from './transfer-steps.ts';
import { said } from '../../text/text.svelte.ts';

/** What has ended is kept in the list as long as this many have not come after it. */
const SHOWN_MAX = 200;

export interface Arrival {
  readonly transfer: Transfer;
  /** Where it is in the guest now. */
  readonly guestPath: string;
}

/**
 * Files and folders on their way between the host and VMs, one after the other: each is held in memory, and the order of
 * what happened stays clear.
 */
export class TransferQueue {
  #transfers: readonly Transfer[] = $state.raw([]);
  readonly questions = new CollisionQuestions();
  readonly #bridge: TerrariumBridge;
  readonly #nowMs: () => number;
  /** Of those that have not ended well. */
  readonly #sessions = new WeakMap<Transfer, TransferSession>();
  /** What the host knows the one that is under way by. */
  #current: { readonly transfer: Transfer; readonly token: string } | null = null;
  /** Tokens that were used up, by the order they came with. */
  readonly #again = new WeakMap<Transfer, string>();
  readonly #untold: Transfer[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #nextId = 0;

  constructor(bridge: TerrariumBridge, nowMs: () => number) {
    this.#bridge = bridge;
    this.#nowMs = nowMs;
  }

  /** The newest last. */
  get transfers(): readonly Transfer[] {
    return this.#transfers;
  }

  get isBusy(): boolean {
    return this.#transfers.some((transfer) => !transfer.hasEnded);
  }

  /** Copies all that was chosen together. @returns what arrived or was left out, once all is over */
  async add(session: TransferSession, orders: readonly TransferOrder[]): Promise<readonly Arrival[]> {
    const transfers = orders.map((order) => new Transfer((this.#nextId += 1), order));
    for (const transfer of transfers) this.#sessions.set(transfer, session);
    const ended = this.#transfers.filter((transfer) => transfer.hasEnded);
    const tooMany = ended.slice(0, Math.max(0, this.#transfers.length + transfers.length - SHOWN_MAX));
    this.#transfers = [...this.#transfers.filter((transfer) => !tooMany.includes(transfer)), ...transfers];
    const batch = new BatchChoice(this.questions);
    const arrivals: Arrival[] = [];
    for (const [index, transfer] of transfers.entries()) {
      const guestPath = await this.#inTurn(() => this.#run(transfer, batch, index < transfers.length - 1));
      if (guestPath !== null) arrivals.push({ transfer, guestPath });
    }
    return arrivals;
  }

  /** Breaks off one that waits or is under way. */
  async cancel(transfer: Transfer): Promise<void> {
    if (transfer.hasEnded) return;
    transfer.cancel();
    const current = this.#current;
    const token = current?.transfer === transfer ? current.token : transfer.order.token;
    await this.#bridge.call('file.release', { token });
  }

  /** Tries one again that failed or was broken off. */
  async retry(transfer: Transfer): Promise<void> {
    if (transfer.phase !== 'failed' && transfer.phase !== 'cancelled') return;
    transfer.reset();
    await this.#inTurn(() => this.#run(transfer, new BatchChoice(this.questions), false, true));
  }

  /** Those that have failed since this was asked last. */
  takeFailures(): readonly Transfer[] {
    return this.#untold.splice(0);
  }

  /** Takes what has ended out of the list. */
  clear(): void {
    this.#transfers = this.#transfers.filter((transfer) => !transfer.hasEnded);
  }

  takeProgress({ token, doneBytes, totalBytes }: FileProgress): void {
    if (this.#current?.token === token) this.#current.transfer.progress(doneBytes, totalBytes, this.#nowMs());
  }

  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** @returns where it arrived; null when it did not */
  async #run(transfer: Transfer, batch: BatchChoice, hasMore: boolean, isRetry = false): Promise<string | null> {
    const session = this.#sessions.get(transfer);
    if (session === undefined || transfer.hasEnded) return null;
    try {
      const { order } = transfer;
      const guestPath = order.direction === 'out' ? order.guestPath : await placeFor(session, transfer, batch, hasMore);
      if (guestPath === null) {
        this.#finish(transfer, 'skipped');
        return null;
      }
      if (isRetry) await this.#renew(transfer);
      const token = this.#again.get(transfer) ?? order.token;
      await copyOne(this.#bridge, session, transfer, token, guestPath, (used) => {
        this.#current = { transfer, token: used };
      });
      this.#finish(transfer, 'done');
      return guestPath;
    } catch (caught) {
      transfer.fail(said(toErr(caught).error.message));
      if (transfer.phase === 'failed') this.#untold.push(transfer);
      return null;
    } finally {
      this.#current = null;
    }
  }

  /** It is not tried again, so its VM may go while it is still in the list. */
  #finish(transfer: Transfer, phase: 'done' | 'skipped'): void {
    transfer.to(phase);
    this.#sessions.delete(transfer);
  }

  /** A token works once; a chosen folder's is for any number of tries. */
  async #renew(transfer: Transfer): Promise<void> {
    const { direction, kind, token } = transfer.order;
    if (direction === 'in' && kind === 'folder') return;
    const again = await this.#bridge.call('file.again', { token: this.#again.get(transfer) ?? token });
    if (again.ok) this.#again.set(transfer, again.value.token);
  }
}
