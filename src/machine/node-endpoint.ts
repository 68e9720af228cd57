import { readFile } from 'node:fs/promises';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { PortLike } from '../shared/bulk/port.ts';
import { SUPER_FRAME_BYTES, type FrameLink } from '../shared/link/frame-link.ts';
import { portLink } from '../shared/link/port-link.ts';
import { MachineClient, type MachineEndpoint } from './client.ts';
import { tunedEmulatorCode } from './emulator-code.ts';
import type { FromWorker, MachineSize } from './protocol.ts';

/** Where a Node program finds the parts of a machine; they differ between a source tree and a build. */
export interface MachineParts {
  /** The built entry-node.ts. */
  readonly workerPath: string;
  readonly wasmPath: string;
}

/** A machine that has begun, and the other end of its bulk port for `serveBulk`. */
export interface NodeMachine {
  readonly client: MachineClient;
  readonly bulkPort: PortLike;
}

/** Starts a worker thread for one machine. */
export async function startNodeMachine(parts: MachineParts): Promise<NodeMachine> {
  // The worker loads its code while the emulator is compiled.
  const client = new MachineClient(nodeEndpoint(new Worker(parts.workerPath)));
  return beginNodeMachine(client, await compiledFor(client, parts));
}

/**
 * Starts a worker thread and creates its emulator, for a machine that will start from a full state
 * of this size. @returns what begins it
 */
export async function prepareNodeMachine(parts: MachineParts, size: MachineSize): Promise<() => NodeMachine> {
  const client = new MachineClient(nodeEndpoint(new Worker(parts.workerPath)));
  const wasm = await compiledFor(client, parts);
  await client.warm(wasm, size);
  return () => beginNodeMachine(client, wasm);
}

function beginNodeMachine(client: MachineClient, wasm: WebAssembly.Module): NodeMachine {
  const { port1, port2 } = new MessageChannel();
  client.begin(port2, wasm);
  return { client, bulkPort: nodePort(port1) };
}

/** Plugs a network cable into a machine. @returns its other end, for whoever speaks there and takes super frames */
export async function plugCable(client: MachineClient): Promise<FrameLink> {
  const { port1, port2 } = new MessageChannel();
  const link = portLink(nodePort(port1), { takes: SUPER_FRAME_BYTES });
  await client.connectLink(port2);
  return link;
}

/** The emulator, compiled; a worker that waits for it in vain is ended. */
async function compiledFor(client: MachineClient, { wasmPath }: MachineParts): Promise<WebAssembly.Module> {
  try {
    return await compileOnce(wasmPath);
  } catch (cause) {
    client.dispose();
    throw cause;
  }
}

const compiled = new Map<string, Promise<WebAssembly.Module>>();

/** One compilation serves every machine of this process. */
function compileOnce(path: string): Promise<WebAssembly.Module> {
  const known = compiled.get(path);
  if (known) return known;
  const compiling = readFile(path).then((bytes) => WebAssembly.compile(tunedEmulatorCode(new Uint8Array(bytes))));
  compiled.set(path, compiling);
  // What went wrong once (a file that was not there yet) may go right the next time.
  compiling.catch(() => compiled.delete(path));
  return compiling;
}

function nodeEndpoint(worker: Worker): MachineEndpoint {
  return {
    post: (message, transfer) => worker.postMessage(message, transfer as readonly MessagePort[]),
    onMessage: (listener) => worker.on('message', (message: FromWorker) => listener(message)),
    onFailure: (listener) => {
      worker.on('error', (cause) => listener(`The machine's worker failed: ${String(cause)}`));
      worker.on('exit', () => listener('The machine has ended.'));
    },
    terminate: () => void worker.terminate(),
  };
}

/** Node's MessagePort as the bulk protocol sees it. */
export function nodePort(port: MessagePort): PortLike {
  return {
    post: (message) => port.postMessage(message),
    onMessage: (listener) => port.on('message', listener),
    onClose: (listener) => port.on('close', listener),
    close: () => port.close(),
  };
}
