import type { PortLike } from '../shared/bulk/port.ts';
import { FailureError, toErr } from '../shared/result.ts';
import { Machine, type SpareEmulator } from './machine.ts';
import type { ScreenFrame } from './screen-frame.ts';
import type { FromWorker, MachineSize, RequestArgs, RequestName, RequestValue, ToWorker } from './protocol.ts';

import { createSpareEmulator } from './v86.ts';

/** The worker's side of its own channel, made alike in a browser and in Node by the two entry files. */
export interface WorkerScope {
  post(message: FromWorker, transfer: readonly ArrayBuffer[]): void;
  onMessage(listener: (message: ToWorker) => void): void;
  adoptPort(port: unknown): PortLike;
}

type Handlers = {
  readonly [Name in RequestName]: (
    machine: Machine,
    args: RequestArgs<Name>,
    scope: WorkerScope,
  ) => Promise<RequestValue<Name>>;
};

const done = async (work: Promise<void> | void): Promise<null> => {
  await work;
  return null;
};

const HANDLERS: Handlers = {
  start: (machine, options) => machine.start(options),
  pause: (machine) => done(machine.pause()),
  resume: (machine) => done(machine.resume()),
  link: (machine, { port }, scope) => done(machine.plug(port === null ? null : scope.adoptPort(port))),
  save: (machine, target) => machine.save(target),
  importFile: (machine, { token, guestPath, mode }) => machine.files.importFile(token, guestPath, mode ?? null),
  exportFile: (machine, { token, guestPath }) => machine.files.exportFile(token, guestPath),
  importTree: (machine, { token, guestPath }) => machine.files.importTree(token, guestPath),
  exportTree: (machine, { token, guestPath }) => machine.files.exportTree(token, guestPath),
  stat: (machine, { guestPath, followLinks }) => machine.files.stat(guestPath, followLinks),
  makeDir: (machine, { guestPath, mode, parents }) => done(machine.files.makeDir(guestPath, mode, parents)),
  remove: (machine, { guestPath, recursive }) => done(machine.files.remove(guestPath, recursive)),
  rename: (machine, { from, to }) => done(machine.files.rename(from, to)),
  readDir: (machine, { guestPath }) => machine.files.readDir(guestPath),
  writeFile: (machine, { guestPath, bytes, mode }) => done(machine.files.writeFile(guestPath, bytes, mode)),
  readFile: (machine, { guestPath, maxBytes }) => machine.files.readFile(guestPath, maxBytes),
  attach: (machine, args) => Promise.resolve(machine.attach(args.console)),
  detach: (machine, args) => done(machine.detach(args.console)),
  attachScreen: (machine) => done(machine.attachScreen()),
  detachScreen: (machine) => done(machine.detachScreen()),
  agentReady: (machine, { timeoutMs }) => done(machine.agentReady(timeoutMs)),
  networkReady: (machine, { timeoutMs }) => done(machine.networkReady(timeoutMs)),
  quiesce: (machine, { timeoutMs }) => done(machine.quiesce(timeoutMs)),
};

/** Runs one machine in this worker until the worker is terminated. */
export function runMachineWorker(scope: WorkerScope): void {
  let machine: Machine | null = null;
  let spare: SpareEmulator | null = null;

  const begin = (bulkPort: unknown, wasm: WebAssembly.Module): void => {
    machine = new Machine(scope.adoptPort(bulkPort), wasm, spare, {
      output: (console, bytes) => scope.post({ t: 'output', console, bytes }, [bytes.buffer as ArrayBuffer]),
      event: (event) => scope.post({ t: 'event', event }, []),
      screen: (frame, number) => scope.post({ t: 'screen', number, frame }, buffersOf(frame)),
      exec: (exec, event) => {
        const transfer = event.kind === 'output' ? [event.bytes.buffer as ArrayBuffer] : [];
        scope.post({ t: 'exec', exec, event }, transfer);
      },
    });
  };

  const warm = async (id: number, wasm: WebAssembly.Module, size: MachineSize): Promise<void> => {
    spare = { ...size, emulator: createSpareEmulator(wasm, size) };
    try {
      await spare.emulator;
      scope.post({ t: 'reply', id, value: null }, []);
    } catch (caught) {
      // The launch will create one of its own and say what is wrong.
      spare = null;
      scope.post({ t: 'refuse', id, ...toErr(caught).error }, []);
    }
  };

  const answer = async <Name extends RequestName>(id: number, name: Name, args: RequestArgs<Name>): Promise<void> => {
    try {
      if (!machine) throw new FailureError('illegal-transition', 'The worker has not been given its port yet.');
      const value = await HANDLERS[name](machine, args, scope);
      const transfer = value instanceof Uint8Array ? [value.buffer as ArrayBuffer] : [];
      scope.post({ t: 'reply', id, value }, transfer);
    } catch (caught) {
      if (!(caught instanceof FailureError)) console.error(`machine request “${name}” failed:`, caught);
      scope.post({ t: 'refuse', id, ...toErr(caught).error }, []);
    }
  };

  scope.onMessage((message) => {
    switch (message.t) {
      case 'warm':
        void warm(message.id, message.wasm, message.size);
        break;
      case 'begin':
        begin(message.bulkPort, message.wasm);
        break;
      case 'request':
        void answer(message.id, message.name, message.args as RequestArgs<RequestName>);
        break;
      case 'input':
        machine?.input(message.console, message.bytes);
        break;
      case 'resize':
        machine?.resize(message.console, message.columns, message.rows);
        break;
      case 'exec':
        machine?.commands.start(message.exec, message.request);
        break;
      case 'exec-input':
      case 'exec-took':
      case 'exec-signal':
      case 'exec-resize':
        machine?.commands.take(message);
        break;
      case 'ack':
        machine?.ack(message.console, message.bytes);
        break;
      case 'screen-input':
        machine?.screenInput(message.input);
        break;
      case 'screen-ack':
        machine?.screenAcked(message.number);
        break;
    }
  });
}

/** A picture's pixels are given away with it; a text's cells are few, and copied. */
function buffersOf(frame: ScreenFrame): ArrayBuffer[] {
  if (frame.kind === 'picture') return [frame.pixels.buffer];
  return [];
}
