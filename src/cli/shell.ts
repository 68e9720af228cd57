import { randomBytes } from 'node:crypto';
import type { Library } from '../library/library.ts';
import { serveLibraryMachine } from '../library/library-machine.ts';
import { startNodeMachine } from '../machine/node-endpoint.ts';
import { newVmId } from '../shared/model/ids.ts';
import { vmMac } from '../shared/model/mac.ts';
import { connectNetwork, type NetworkChoice } from './network.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import type { StateManifest } from '../shared/model/state.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { FailureError } from '../shared/result.ts';
import type { CliPlaces } from './places.ts';

/** Ctrl-], as telnet has it: shells and editors leave it alone. */
const ESCAPE_BYTE = 0x1d;

/** `terrarium shell IMAGE`: the first console of a machine, in this terminal. */
export async function shellCommand(
  places: CliPlaces,
  args: readonly string[],
  { vmName, choice }: { vmName: string | null; choice: NetworkChoice },
): Promise<number> {
  const [imageName] = args;
  if (imageName === undefined || args.length > 1)
    throw new FailureError('bad-input', 'Say which image: terrarium shell tiny');
  const library = await places.openLibrary();
  const image = await library.images.find(imageName);
  const vm = vmName === null ? null : await findOrCreateVm(library, image, vmName);
  const vmImage = vm === null ? image : await library.images.get(vm.imageId);
  const start = await startState(library, vmImage, vm);
  const machine = serveLibraryMachine(await startNodeMachine(places.parts), {
    library,
    image: vmImage,
    memoryMib: vm?.memoryMib ?? vmImage.memoryMib,
    start,
    ...(vm && {
      saveState: ({ content }) =>
        library.saveState({ vmId: vm.id, kind: 'head', content, name: '', config: machine.config, parent: vm.parent }),
    }),
  });
  const { client } = machine;
  // A machine that is not kept is nobody's fork: any id of its own will do.
  const id = vm?.id ?? newVmId(randomBytes);
  const network = await connectNetwork(
    client,
    { id, name: vm?.name ?? imageName },
    // In raw mode the terminal needs both.
    { choice, kept: vm?.network ?? null, complain: (text) => process.stderr.write(`\r\nterrarium: ${text}\r\n`) },
  );
  await machine.start(terminalSize(), { mac: vmMac(id), network: choice.kind === 'fetch' ? 'fetch' : 'cable' });
  process.stderr.write(
    vm
      ? `Ctrl-] leaves; “${vm.name}” is then suspended and kept.\n`
      : 'Ctrl-] leaves; this machine is then thrown away.\n',
  );
  try {
    const ended = await interact(client);
    if (vm) {
      const content = ended === 'powered-off' ? 'disk' : 'full';
      await client.request('save', { kind: 'head', content, name: '' });
      process.stderr.write(
        content === 'full'
          ? `\r\nSuspended “${vm.name}”.\r\n`
          : `\r\n“${vm.name}” is switched off; its files are kept.\r\n`,
      );
    }
    return 0;
  } finally {
    network.close();
    machine.dispose();
  }
}

type Client = Awaited<ReturnType<typeof startNodeMachine>>['client'];

/** Connects terminal and console until the escape byte, end of input or the guest's power-off. */
async function interact(client: Client): Promise<'left' | 'powered-off'> {
  const { stdin, stdout } = process;
  await client.attach(0, {
    write: (bytes, drawn) => {
      stdout.write(bytes, () => drawn());
    },
  });
  if (stdin.isTTY) stdin.setRawMode(true);
  const onResize = (): void => {
    const { columns, rows } = terminalSize();
    client.resize(0, columns, rows);
  };
  stdout.on('resize', onResize);
  try {
    return await new Promise((resolve, reject) => {
      stdin.on('data', (chunk: Buffer) => {
        const escape = chunk.indexOf(ESCAPE_BYTE);
        client.input(0, new Uint8Array(escape < 0 ? chunk : chunk.subarray(0, escape)));
        if (escape >= 0) resolve('left');
      });
      stdin.on('end', () => resolve('left'));
      for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve('left'));
      client.onEvent((event) => {
        if (event.kind === 'power') resolve('powered-off');
        if (event.kind === 'crashed') reject(new FailureError('internal', event.message));
        if (event.kind === 'problem') process.stderr.write(`\r\nterrarium: ${event.message}\r\n`);
      });
    });
  } finally {
    stdout.removeListener('resize', onResize);
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.pause();
  }
}

function terminalSize(): { columns: number; rows: number } {
  // Node leaves these undefined when standard output is no terminal.
  const { columns = 80, rows = 25 } = process.stdout as { columns?: number; rows?: number };
  return { columns, rows };
}

async function findOrCreateVm(library: Library, image: ImageManifest, name: string): Promise<VmRecord> {
  const known = (await library.listVms()).find((vm) => vm.name === name);
  return known ?? library.createVm({ name, imageId: image.id, memoryMib: image.memoryMib });
}

async function startState(library: Library, image: ImageManifest, vm: VmRecord | null): Promise<StateManifest | null> {
  if (vm !== null && vm.head !== null) return library.states.get(vm.head);
  if (vm !== null && vm.memoryMib !== image.memoryMib) return null;
  return library.states.get(image.base);
}
