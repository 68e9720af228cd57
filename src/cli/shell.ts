import { beginWorker } from '../headless/begin-worker.ts';
import { openConsoleMachine, type ConsoleMachine } from '../headless/console-machine.ts';
import type { MachineClient } from '../machine/client.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { FailureError } from '../shared/result.ts';
import type { HelpPage } from './command/command.ts';
import type { OptionTable } from './command/options.ts';
import { parseArguments, wholeNumber } from './command/parse.ts';
import { networkOf, networkWish } from './network.ts';
import type { CliPlaces } from './places.ts';
import { printableLines } from './terminal/printable.ts';

/** Ctrl-], as telnet has it: shells and editors leave it alone. */
const ESCAPE_BYTE = 0x1d;

const OPTIONS = {
  vm: { kind: 'value', value: 'NAME', help: 'keep the machine as a VM: resumed if it is there, made if it is not' },
  memory: { kind: 'value', value: 'MIB', help: 'its memory, when it is made; with another size an image boots anew' },
  net: { kind: 'value', value: 'PROFILE', help: 'what it may reach: offline, internet, internet+host, or fetch' },
  relay: { kind: 'value', value: 'URL', help: 'join a relay that runs elsewhere, by the address it printed' },
} as const satisfies OptionTable;

export const SHELL_HELP: HelpPage = {
  usage: 'shell [IMAGE|SNAPSHOT]',
  options: OPTIONS,
  details: `Ctrl-] leaves. With --vm the machine is kept: it is suspended when you leave and resumed next time, and
then needs no IMAGE. Without, it is thrown away.
Without --net the VM's own settings hold, and those of a new VM where there is none. fetch is the
network of the emulator itself: HTTP on port 80 and nothing else, http://PORT.external/ being a port of
this computer. No rule holds there: the machine can ask for whatever this computer reaches by HTTP.
With --relay, what may be reached is decided by the relay.`,
};

/** `terrarium shell`: the first console of a machine, in this terminal. @returns the exit code */
export async function shellCommand(places: CliPlaces, args: readonly string[]): Promise<number> {
  const { options, operands } = parseArguments('shell', OPTIONS, args);
  if (operands.length > 1) throw new FailureError('bad-input', 'Say one image or snapshot: terrarium shell tiny');
  const wish = networkWish(options);
  const memoryMib = options.memory === null ? null : wholeNumber('--memory', options.memory);
  const worker = beginWorker(places.parts);
  const library = await places.openLibrary();
  try {
    const machine = await openConsoleMachine(library, worker, {
      from: operands[0] ?? null,
      vmName: options.vm,
      memoryMib,
      network: (kept) => networkOf(wish, kept),
      terminal: terminalSize(),
      // In raw mode the terminal needs both.
      complain: (sentence) => process.stderr.write(`\r\nterrarium: ${printableLines(sentence)}\r\n`),
    });
    try {
      await interactUntilLeft(machine);
      return 0;
    } finally {
      await machine.close();
    }
  } finally {
    await library.close();
  }
}

async function interactUntilLeft(machine: ConsoleMachine): Promise<void> {
  const { vm } = machine;
  // A terminal that is closed may say so several times; a VM that is being suspended must not be lost to the second.
  const leaving = new AbortController();
  const onSignal = (): void => leaving.abort();
  for (const signal of LEAVING_SIGNALS) process.on(signal, onSignal);
  // It fails to be read, and to be given its modes back, once it is closed.
  process.stdin.on('error', onSignal);
  try {
    await interactAndKeep(machine, vm, leaving.signal);
  } finally {
    for (const signal of LEAVING_SIGNALS) process.off(signal, onSignal);
  }
}

async function interactAndKeep(machine: ConsoleMachine, vm: VmRecord | null, leaving: AbortSignal): Promise<void> {
  process.stderr.write(
    vm
      ? `Ctrl-] leaves; “${vm.name}” is then suspended and kept.\n`
      : 'Ctrl-] leaves; this machine is then thrown away.\n',
  );
  const ended = await interact(machine.client, leaving);
  if (!vm) return;
  await machine.suspend(ended === 'powered-off' ? 'disk' : 'full');
  process.stderr.write(
    ended === 'powered-off'
      ? `\r\n“${vm.name}” is switched off; its files are kept.\r\n`
      : `\r\nSuspended “${vm.name}”.\r\n`,
  );
}

/** Connects terminal and console until the escape byte, end of input, a signal or the guest's power-off. */
async function interact(client: MachineClient, leaving: AbortSignal): Promise<'left' | 'powered-off'> {
  const { stdin, stdout } = process;
  const cleanUp: (() => void)[] = [];
  try {
    return await new Promise((resolve, reject) => {
      const onData = (chunk: Buffer): void => {
        const escape = chunk.indexOf(ESCAPE_BYTE);
        client.input(0, new Uint8Array(escape < 0 ? chunk : chunk.subarray(0, escape)));
        if (escape >= 0) resolve('left');
      };
      const onLeave = (): void => resolve('left');
      const onResize = (): void => {
        const { columns, rows } = terminalSize();
        client.resize(0, columns, rows);
      };
      // Before its output: a guest that has switched itself off already says so while it is attached to.
      cleanUp.push(
        client.onEvent((event) => {
          if (event.kind === 'power') resolve('powered-off');
          if (event.kind === 'crashed') reject(new FailureError('internal', event.message));
        }),
      );
      const viewer = {
        write: (bytes: Uint8Array, drawn: () => void): void => void stdout.write(bytes, () => drawn()),
      };
      client.attach(0, viewer).catch(reject);
      if (stdin.isTTY) stdin.setRawMode(true);
      stdin.on('data', onData).on('end', onLeave);
      stdout.on('resize', onResize);
      leaving.addEventListener('abort', onLeave);
      if (leaving.aborted) onLeave();
      cleanUp.push(() => {
        stdin.off('data', onData).off('end', onLeave);
        stdout.off('resize', onResize);
        leaving.removeEventListener('abort', onLeave);
      });
    });
  } finally {
    for (const step of cleanUp) step();
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.pause();
  }
}

/** Ctrl-C is the guest's where there is a terminal in raw mode; elsewhere, and while the VM is suspended, it comes here. */
const LEAVING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function terminalSize(): { columns: number; rows: number } {
  // Node leaves these undefined when standard output is no terminal.
  const { columns = 80, rows = 25 } = process.stdout as { columns?: number; rows?: number };
  return { columns, rows };
}
