/** Entry of a VM's Web Worker. */
import type { PortLike } from '../shared/bulk/port.ts';
import type { FromWorker, ToWorker } from './protocol.ts';

/**
 * v86 yields between slices of guest time. In a plain worker it would spawn a nested worker from a
 * blob for that (src/main.js:127-161), which the page's security policy forbids; with a `process`
 * and a `setImmediate` in place it uses those. A message to ourselves is the fastest yield there is.
 */
function provideImmediate(): void {
  const channel = new MessageChannel();
  const queue: (() => void)[] = [];
  channel.port1.onmessage = () => queue.shift()?.();
  const setImmediate = (run: (...args: unknown[]) => void, ...args: unknown[]): void => {
    queue.push(() => run(...args));
    channel.port2.postMessage(null);
  };
  Object.assign(globalThis, { global: globalThis, process: {}, setImmediate });
}

function adoptPort(port: unknown): PortLike {
  if (!(port instanceof MessagePort)) throw new Error('the worker was given no message port');
  return {
    post: (message) => port.postMessage(message),
    onMessage: (listener) => {
      port.onmessage = (event) => listener(event.data);
    },
    onClose: (listener) => port.addEventListener('close', listener),
    close: () => port.close(),
  };
}

const early: ToWorker[] = [];
let listener: (message: ToWorker) => void = (message) => early.push(message);
self.onmessage = (event: MessageEvent<ToWorker>) => listener(event.data);

// What v86 throws in a promise of its own reaches nobody else: the page would wait for ever.
self.addEventListener('unhandledrejection', (event) => {
  const message = `The machine failed: ${String(event.reason)}`;
  self.postMessage({ t: 'event', event: { kind: 'crashed', message } } satisfies FromWorker);
});

provideImmediate();
// Loaded only now: v86 looks for `process` when its module is evaluated.
const { runMachineWorker } = await import('./worker.ts');
runMachineWorker({
  post: (message, transfer) => self.postMessage(message, { transfer: [...transfer] }),
  onMessage: (run) => {
    listener = run;
    for (const message of early.splice(0)) run(message);
  },
  adoptPort,
});
