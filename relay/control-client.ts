import type { NetworkSettings, NetworkView } from '../src/shared/model/network.ts';
import { err, ok, type Result } from '../src/shared/result.ts';
import { readReport, type RelayOrder, type RelayReport, type RelayRequest } from './control.ts';
import type { RelayLogEntry } from './relay-log.ts';
import type { VmIdentity } from './relay.ts';

/** The app's end of the channel to the relay's process. `Port` is the kind of port that can be sent to it. */
export interface RelayProcess<Port> {
  post(order: RelayOrder, port?: Port): void;
  /** Set once. */
  onMessage(listener: (message: unknown) => void): void;
}

export interface RelayClientEvents {
  ready(): void;
  log(entry: RelayLogEntry): void;
  /** The worker's end of this VM's link is gone. */
  linkEnded(link: number): void;
}

/** The relay answers at once; one that does not within this time hangs, and its supervisor should end it. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Speaks with one relay process, from its start to its end. */
export class RelayClient<Port> {
  readonly #process: RelayProcess<Port>;
  readonly #waiting = new Map<number, (result: Result<NetworkView | undefined>) => void>();
  readonly #answerTimeoutMs: number;
  #lastNumber = 0;
  #isLost = false;

  constructor(process: RelayProcess<Port>, events: RelayClientEvents, answerTimeoutMs = ANSWER_TIMEOUT_MS) {
    this.#process = process;
    this.#answerTimeoutMs = answerTimeoutMs;
    process.onMessage((message) => {
      const report = readReport(message);
      if (report) this.#take(report, events);
      else events.log({ level: 'warning', vmId: null, message: 'The network said something that makes no sense.' });
    });
  }

  /**
   * Puts a VM on the network.
   * @param port the relay's end of the VM's link; it is gone from here afterwards
   * @returns the link's number for the other calls; at once, so that settings changed meanwhile come after it
   */
  attach(vm: VmIdentity, settings: NetworkSettings, port: Port): { link: number; attached: Promise<Result<void>> } {
    const link = this.#newNumber();
    return { link, attached: this.#askPlain({ t: 'attach', link, vm, settings }, port) };
  }

  detach(link: number): Promise<Result<void>> {
    return this.#askPlain({ t: 'detach', link });
  }

  configure(link: number, settings: NetworkSettings): Promise<Result<void>> {
    return this.#askPlain({ t: 'configure', link, settings });
  }

  async view(link: number): Promise<Result<NetworkView>> {
    const result = await this.#ask({ t: 'view', link });
    if (!result.ok) return result;
    return result.value ? ok(result.value) : err('internal', 'The network gave no view.');
  }

  /** @param path of the pcapng file, which is replaced */
  startCapture(link: number, path: string): Promise<Result<void>> {
    return this.#askPlain({ t: 'capture-start', link, path });
  }

  stopCapture(link: number): Promise<Result<void>> {
    return this.#askPlain({ t: 'capture-stop', link });
  }

  /** The relay resets every connection and ends its process. */
  shutdown(): Promise<Result<void>> {
    return this.#askPlain({ t: 'shutdown' });
  }

  /** To be called when the process has ended: nobody will answer any more. */
  lost(): void {
    this.#isLost = true;
    for (const request of [...this.#waiting.keys()]) this.#settle(request, networkGone());
  }

  #take(report: RelayReport, events: RelayClientEvents): void {
    switch (report.t) {
      case 'ready':
        return events.ready();
      case 'log':
        return events.log({ level: report.level, vmId: report.vmId, message: report.message });
      case 'link-ended':
        return events.linkEnded(report.link);
      case 'done':
        return this.#settle(report.request, ok(report.view));
      case 'failed':
        return this.#settle(report.request, err(report.error.code, report.error.message));
    }
  }

  async #askPlain(request: RelayRequest, port?: Port): Promise<Result<void>> {
    const result = await this.#ask(request, port);
    return result.ok ? ok() : result;
  }

  #ask(request: RelayRequest, port?: Port): Promise<Result<NetworkView | undefined>> {
    if (this.#isLost) return Promise.resolve(networkGone());
    const number = this.#newNumber();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle(number, networkGone()), this.#answerTimeoutMs);
      this.#waiting.set(number, (result) => {
        clearTimeout(timer);
        resolve(result);
      });
      this.#process.post({ ...request, request: number }, port);
    });
  }

  #settle(request: number, result: Result<NetworkView | undefined>): void {
    const resolve = this.#waiting.get(request);
    this.#waiting.delete(request);
    resolve?.(result);
  }

  #newNumber(): number {
    this.#lastNumber += 1;
    return this.#lastNumber;
  }
}

function networkGone(): Result<never> {
  return err('io', 'The network does not answer. It is started again by itself; try once more in a moment.');
}
