import type { PortMessage } from '../../../shared/ipc/bridge.ts';
import { FailureError } from '../../../shared/result.ts';

/** Ports that arrived and nobody asked for yet; a launch asks within milliseconds, so few can be waiting. */
const UNCLAIMED_MAX = 16;
/** Main posts the port with its answer; ten seconds later it will not come any more. */
const PORT_TIMEOUT_MS = 10_000;

/** Collects the ports that the preload posts to the window and gives each to whom it belongs. */
export class PortInbox {
  private readonly unclaimed = new Map<string, MessagePort>();
  private readonly waiting = new Map<string, (port: MessagePort) => void>();
  private readonly source: Window;

  constructor(source: Window) {
    this.source = source;
    source.addEventListener('message', this.receive);
  }

  /** The port with this id, whether it has arrived already or is still on its way. */
  take(portId: string): Promise<MessagePort> {
    const arrived = this.unclaimed.get(portId);
    if (arrived) {
      this.unclaimed.delete(portId);
      return Promise.resolve(arrived);
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(portId);
        reject(
          new FailureError(
            'internal',
            'The VM was not connected to Terrarium within ten seconds. Nothing saved was changed; launch it again.',
          ),
        );
      }, PORT_TIMEOUT_MS);
      this.waiting.set(portId, (port) => {
        clearTimeout(timer);
        resolve(port);
      });
    });
  }

  dispose(): void {
    this.source.removeEventListener('message', this.receive);
    for (const port of this.unclaimed.values()) port.close();
    this.unclaimed.clear();
  }

  private readonly receive = (event: MessageEvent<unknown>): void => {
    // Only the preload, which shares this window, may hand over ports.
    if (event.source !== this.source || event.origin !== this.source.location.origin) return;
    const port = event.ports[0];
    if (!port || !isPortMessage(event.data)) return;
    const { portId } = event.data;
    const waiter = this.waiting.get(portId);
    if (waiter) {
      this.waiting.delete(portId);
      waiter(port);
      return;
    }
    this.unclaimed.set(portId, port);
    const [oldest] = this.unclaimed;
    if (this.unclaimed.size > UNCLAIMED_MAX && oldest) {
      oldest[1].close();
      this.unclaimed.delete(oldest[0]);
    }
  };
}

function isPortMessage(data: unknown): data is PortMessage {
  return (
    typeof data === 'object' &&
    data !== null &&
    'kind' in data &&
    data.kind === 'terrarium.port' &&
    'portId' in data &&
    typeof data.portId === 'string'
  );
}
