import type { MachineEndpoint } from '../../../machine/client.ts';
import type { FromWorker, ToWorker } from '../../../machine/protocol.ts';

/** A machine in a Web Worker of its own. */
export class WorkerEndpoint implements MachineEndpoint {
  private readonly worker: Worker;

  constructor(name: string) {
    // Vite finds the worker's entry through exactly this form.
    this.worker = new Worker(new URL('../../../machine/entry-web.ts', import.meta.url), { type: 'module', name });
  }

  post(message: ToWorker, transfer: readonly unknown[]): void {
    this.worker.postMessage(message, transfer.filter(isTransferable));
  }

  onMessage(listener: (message: FromWorker) => void): void {
    this.worker.addEventListener('message', (event: MessageEvent<FromWorker>) => listener(event.data));
  }

  onFailure(listener: (message: string) => void): void {
    this.worker.addEventListener('error', (event) => {
      event.preventDefault();
      listener(`The VM's worker stopped: ${event.message || 'its code could not be loaded.'}`);
    });
    this.worker.addEventListener('messageerror', () =>
      listener("The VM's worker sent something that could not be read."),
    );
  }

  terminate(): void {
    this.worker.terminate();
  }
}

function isTransferable(value: unknown): value is Transferable {
  return value instanceof MessagePort || value instanceof ArrayBuffer;
}
