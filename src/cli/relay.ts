import { relayArguments } from '../../relay/main-arguments.ts';
import { startRelay } from '../../relay/main-run.ts';
import { DEFAULT_NETWORK } from '../shared/model/network.ts';
import { unwrap } from '../shared/result.ts';
import { ownCommand } from './command/command.ts';
import { printableLines } from './terminal/printable.ts';

/** `terrarium relay`: a network for machines that run elsewhere, until Ctrl-C. */
export const relay = ownCommand(
  {
    usage: 'relay',
    options: {
      port: { kind: 'value', value: 'N', help: 'listen there; any free port unless given' },
      host: {
        kind: 'value',
        value: 'ADDRESS',
        help: 'listen on this address instead of 127.0.0.1; the traffic is not encrypted',
      },
      token: {
        kind: 'values',
        value: 'T',
        help: 'let in a VM with this secret; one VM with a random secret unless given',
      },
      policy: {
        kind: 'value',
        value: 'FILE',
        help: 'the VMs’ network settings as JSON; what is left out keeps its default',
      },
      pcap: {
        kind: 'value',
        value: 'FILE',
        help: 'write every frame to a file for Wireshark; further connections get FILE-2 and so on',
      },
      'allow-origin': { kind: 'values', value: 'ORIGIN', help: 'let web pages of this origin connect' },
      json: { kind: 'flag', help: 'print one JSON object instead of text, and log lines as JSON' },
    },
    details: `
It prints the address that each VM takes as its relay_url and runs until Ctrl-C. Nothing needs root.
A policy with every default written out:

  ${JSON.stringify(DEFAULT_NETWORK)}`,
  },
  async (_places, args) => {
    const wanted = unwrap(await relayArguments(args));
    // Help was asked for and given before this.
    if (wanted === 'help') return 0;
    // From before the addresses are printed: whoever reads them may end the relay at once.
    const stopped = new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
    });
    const running = unwrap(
      await startRelay(wanted, {
        print: (line) => process.stdout.write(`${line}\n`),
        // Names that guests ask for are in it.
        complain: (line) => process.stderr.write(`${printableLines(line)}\n`),
      }),
    );
    await stopped;
    await running.stop();
    return 0;
  },
);
