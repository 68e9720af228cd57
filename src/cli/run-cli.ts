import { parseArgs } from 'node:util';
import { toErr, FailureError } from '../shared/result.ts';
import { buildCommand } from './image-build.ts';
import { listImages } from './image-list.ts';
import { networkChoice } from './network.ts';
import { cliPlaces } from './places.ts';
import { relayCommand } from './relay.ts';
import { shellCommand } from './shell.ts';

/** Exit code when Terrarium itself failed, the `docker run` convention. */
const EXIT_FAILED = 125;

const USAGE = `Usage:
  terrarium image build <tiny|debian> [--name NAME] [--kernel auto|tuned|distro]
                        [--memory MIB] [--packages a,b]
  terrarium image list [--json]
  terrarium shell <image> [--vm NAME] [--net offline|internet|internet+host|fetch | --relay URL]
  terrarium relay [--help]

shell opens a console of a machine in this terminal; Ctrl-] leaves it. With --vm the machine is
kept: it is created when it does not exist, suspended when you leave and resumed next time.
--net says what the machine may reach; without it, what the VM's settings say. fetch is the network
of the emulator itself, only in this command and not in the app: HTTP on port 80 and nothing else,
http://PORT.external/ being a port of this computer. No rule holds there: the machine can ask for
whatever this computer reaches by HTTP. --relay joins a relay that runs elsewhere, by the ws:// or
wss:// address it printed; what may be reached is decided there.
relay runs a network alone, for machines that take a WebSocket as their relay_url.
`;

/** Runs one command. @returns the exit code */
export async function runCli(args: readonly string[]): Promise<number> {
  try {
    // It has options of its own.
    if (args[0] === 'relay') return await relayCommand(args.slice(1));
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        name: { type: 'string' },
        kernel: { type: 'string', default: 'auto' },
        memory: { type: 'string' },
        packages: { type: 'string' },
        vm: { type: 'string' },
        net: { type: 'string' },
        relay: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const [command, ...rest] = positionals;
    if (values.help || command === undefined || command === 'help') {
      process.stdout.write(USAGE);
      return command === undefined && !values.help ? EXIT_FAILED : 0;
    }
    const choice = networkChoice({ net: values.net ?? null, relay: values.relay ?? null });
    const places = cliPlaces();
    if (command === 'image' && rest[0] === 'build') return await buildCommand(places, rest.slice(1), values);
    if (command === 'image' && rest[0] === 'list') return await listImages(places, values.json);
    if (command === 'shell') {
      return await shellCommand(places, rest, { vmName: values.vm ?? null, choice });
    }
    throw new FailureError(
      'bad-input',
      `There is no command “${positionals.join(' ')}”. Run “terrarium help” for what there is.`,
    );
  } catch (caught) {
    const bug = !(caught instanceof FailureError) && !(caught instanceof TypeError && 'code' in caught);
    if (bug) console.error(caught);
    process.stderr.write(
      `terrarium: ${caught instanceof FailureError ? caught.message : toErr(caught).error.message}\n`,
    );
    return EXIT_FAILED;
  }
}
