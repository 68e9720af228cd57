import { MachineClient } from '../../../machine/client.ts';
import type { MachineSize } from '../../../machine/protocol.ts';
import type { CompiledEmulator } from './compiled-emulator.ts';
import { WorkerEndpoint } from './worker-endpoint.ts';

/** After a launch the new machine has the processor to itself for this long. */
const PREPARE_AFTER_MS = 1500;

/**
 * One worker with an emulator already in it, so that the next launch from a state of the same size
 * only has to load the state. Its memory is all zero and costs nothing until then.
 */
export class SpareMachine {
  private ready: { readonly client: MachineClient; readonly size: MachineSize } | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly emulator: CompiledEmulator;

  constructor(emulator: CompiledEmulator) {
    this.emulator = emulator;
  }

  /** A client to begin, or null when there is none of that size. */
  take(size: MachineSize): MachineClient | null {
    const { ready } = this;
    if (ready?.size.memoryMib !== size.memoryMib || ready.size.vgaMemoryMib !== size.vgaMemoryMib) return null;
    this.ready = null;
    return ready.client;
  }

  /** Prepares one of that size soon, in place of one of another size. */
  prepareSoon(size: MachineSize): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.prepare(size), PREPARE_AFTER_MS);
  }

  private async prepare(size: MachineSize): Promise<void> {
    if (this.ready?.size.memoryMib === size.memoryMib) return;
    this.keep(null);
    const client = new MachineClient(new WorkerEndpoint('vm'));
    try {
      await client.warm(await this.emulator.get(), size);
      this.keep({ client, size });
    } catch (cause) {
      // A launch without a spare one works too, and reports what is wrong if it does not.
      console.warn('no spare machine could be prepared:', cause);
      client.dispose();
    }
  }

  private keep(next: { readonly client: MachineClient; readonly size: MachineSize } | null): void {
    this.ready?.client.dispose();
    this.ready = next;
  }
}
