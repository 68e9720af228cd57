import { FailureError } from '../shared/result.ts';
import { ExecClient } from './exec-client.ts';
import type { ExecOptions, ExecProcess, ExecRequest } from './guest-api.ts';
import type { ScreenFrame, ScreenInput } from './screen-frame.ts';
import type {
  ConsoleId,
  FromWorker,
  MachineEvent,
  MachineSize,
  RequestArgs,
  RequestName,
  RequestValue,
  ToWorker,
} from './protocol.ts';

/** A worker that runs a machine: a browser's Worker or Node's, made alike by their own zones. */
export interface MachineEndpoint {
  post(message: ToWorker, transfer: readonly unknown[]): void;
  onMessage(listener: (message: FromWorker) => void): void;
  /** The worker died or could not be started. */
  onFailure(listener: (message: string) => void): void;
  terminate(): void;
}

/**
 * Draws what a console prints. It says when it has drawn a piece; the machine stands still while
 * too much is undrawn, so nothing is lost and nothing piles up.
 */
export interface ConsoleViewer {
  write(bytes: Uint8Array, drawn: () => void): void;
}

/** Draws what the display shows. The next frame comes when it has drawn this one. */
export interface ScreenViewer {
  show(frame: ScreenFrame, drawn: () => void): void;
}

interface Pending {
  resolve(value: unknown): void;
  reject(cause: Error): void;
}

/**
 * One running machine, from the outside. Create it with an endpoint whose worker has loaded, then
 * call `begin` once and `request('start', …)`.
 */
export class MachineClient {
  private nextId = 0;
  private readonly pending = new Map<number, Pending>();
  private readonly commands = new Map<number, ExecClient>();
  private readonly viewers = new Map<ConsoleId, ConsoleViewer>();
  private screenViewer: ScreenViewer | null = null;
  private readonly listeners = new Set<(event: MachineEvent) => void>();
  private gone: string | null = null;
  private readonly endpoint: MachineEndpoint;

  constructor(endpoint: MachineEndpoint) {
    this.endpoint = endpoint;
    endpoint.onMessage((message) => this.receive(message));
    endpoint.onFailure((message) => this.fail(message));
  }

  /** The worker is known to be gone, though it has not said so. Nothing happens when the machine has ended already. */
  fail(message: string): void {
    const wasAlive = this.gone === null;
    this.end(message);
    if (wasAlive) this.emit({ kind: 'crashed', message });
  }

  /** Hands the worker its bulk port (transferred) and the compiled emulator (shared between VMs). */
  begin(bulkPort: unknown, wasm: WebAssembly.Module): void {
    this.endpoint.post({ t: 'begin', bulkPort, wasm }, [bulkPort]);
  }

  /**
   * Creates the emulator ahead of time, before `begin`, for a machine that will start from a full
   * state of this size: most of the time of such a launch. For another start it is not used.
   */
  warm(wasm: WebAssembly.Module, size: MachineSize): Promise<void> {
    const id = this.nextId++;
    return new Promise<void>((resolve, reject) => {
      this.pending.set(id, { resolve: () => resolve(), reject });
      this.endpoint.post({ t: 'warm', id, wasm, size }, []);
    });
  }

  /** @throws FailureError with the worker's code, or when the machine is gone */
  request<Name extends RequestName>(
    name: Name,
    args: RequestArgs<Name>,
    transfer: readonly unknown[] = [],
  ): Promise<RequestValue<Name>> {
    if (this.gone !== null) return Promise.reject(new FailureError('io', this.gone));
    const id = this.nextId++;
    return new Promise<RequestValue<Name>>((resolve, reject) => {
      this.pending.set(id, { resolve: (value) => resolve(value as RequestValue<Name>), reject });
      this.endpoint.post({ t: 'request', id, name, args }, transfer);
    });
  }

  /**
   * Plugs a network cable into the machine, before or after it was started, in place of the one before (a relay that
   * was started anew).
   * @param port the far end of a message port that `portLink` reads (transferred), or null to take the cable out
   */
  async connectLink(port: unknown): Promise<void> {
    await this.request('link', { port }, port === null ? [] : [port]);
  }

  /** Shows a console: first what it showed before, then what it prints. One viewer a console. */
  async attach(console: ConsoleId, viewer: ConsoleViewer): Promise<void> {
    // What arrives before the history is in the history: nobody draws it twice.
    this.viewers.delete(console);
    const { history } = await this.request('attach', { console });
    this.viewers.set(console, viewer);
    if (history.byteLength > 0) this.draw(console, history);
  }

  detach(console: ConsoleId): void {
    if (!this.viewers.delete(console) || this.gone !== null) return;
    // A machine that ends meanwhile has nothing left to detach from.
    this.request('detach', { console }).catch((cause: unknown) => {
      if (this.gone === null) throw cause;
    });
  }

  /** Shows the display: all of it, then what changes. One viewer. */
  async attachScreen(viewer: ScreenViewer): Promise<void> {
    this.screenViewer = viewer;
    await this.request('attachScreen', null);
  }

  detachScreen(): void {
    if (this.screenViewer === null || this.gone !== null) return;
    this.screenViewer = null;
    // As with consoles.
    this.request('detachScreen', null).catch((cause: unknown) => {
      if (this.gone === null) throw cause;
    });
  }

  screenInput(input: ScreenInput): void {
    if (this.gone === null) this.endpoint.post({ t: 'screen-input', input }, []);
  }

  /**
   * Runs a program in the guest, as soon as its agent is there.
   * @returns once it runs
   * @throws CommandNotRun when there is no such program, FailureError `bad-input`, `limit`, `busy`, `guest-unresponsive`, `io`
   */
  async exec(request: ExecRequest, options: ExecOptions = {}): Promise<ExecProcess> {
    if (this.gone !== null) throw new FailureError('io', this.gone);
    const exec = this.nextId++;
    const command = new ExecClient(exec, request, options, (message) => {
      if (this.gone === null) this.endpoint.post(message, []);
    });
    this.commands.set(exec, command);
    await command.started;
    return command;
  }

  input(console: 0 | 1 | 2, bytes: Uint8Array): void {
    if (this.gone === null) this.endpoint.post({ t: 'input', console, bytes }, []);
  }

  resize(console: 0 | 1 | 2, columns: number, rows: number): void {
    if (this.gone === null) this.endpoint.post({ t: 'resize', console, columns, rows }, []);
  }

  /** @returns a function that stops listening */
  onEvent(listener: (event: MachineEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Ends the worker at once. What was not saved is gone. */
  dispose(): void {
    this.end('The machine was stopped.');
    this.listeners.clear();
    this.endpoint.terminate();
  }

  private receive(message: FromWorker): void {
    switch (message.t) {
      case 'reply':
        this.take(message.id)?.resolve(message.value);
        break;
      case 'refuse':
        this.take(message.id)?.reject(new FailureError(message.code, message.message));
        break;
      case 'output':
        this.draw(message.console, message.bytes);
        break;
      case 'screen': {
        const { number, frame } = message;
        // Without a viewer nobody waits for it; who attaches begins anew.
        this.screenViewer?.show(frame, () => {
          if (this.gone === null) this.endpoint.post({ t: 'screen-ack', number }, []);
        });
        break;
      }
      case 'exec':
        if (this.commands.get(message.exec)?.take(message.event) === true) this.commands.delete(message.exec);
        break;
      case 'event':
        if (message.event.kind === 'crashed') this.end(message.event.message);
        this.emit(message.event);
        break;
    }
  }

  private draw(console: ConsoleId, bytes: Uint8Array): void {
    const acknowledge = (): void => {
      if (this.gone === null) this.endpoint.post({ t: 'ack', console, bytes: bytes.byteLength }, []);
    };
    const viewer = this.viewers.get(console);
    if (viewer) viewer.write(bytes, acknowledge);
    else acknowledge();
  }

  private take(id: number): Pending | undefined {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    return pending;
  }

  private end(message: string): void {
    if (this.gone !== null) return;
    this.gone = message;
    for (const pending of this.pending.values()) pending.reject(new FailureError('io', message));
    this.pending.clear();
    for (const command of this.commands.values()) command.fail(new FailureError('io', message));
    this.commands.clear();
    this.viewers.clear();
    this.screenViewer = null;
  }

  private emit(event: MachineEvent): void {
    for (const listener of [...this.listeners]) listener(event);
  }
}
