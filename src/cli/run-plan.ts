import { networkChoiceOf, type NetworkOption } from '../headless/network-choice.ts';
import { parseName } from '../shared/model/names.ts';
import { FailureError, unwrap } from '../shared/result.ts';
import type { HelpPage } from './command/command.ts';
import { JSON_OPTION, type OptionTable } from './command/options.ts';
import { parseArguments, wholeNumber } from './command/parse.ts';
import { networkWish } from './network.ts';

const OPTIONS = {
  memory: { kind: 'value', value: 'MIB', help: 'its memory; with another size than its own an image boots anew' },
  net: {
    kind: 'value',
    value: 'PROFILE',
    help: 'what it may reach: offline (unless given), internet, internet+host, or fetch',
  },
  relay: { kind: 'value', value: 'URL', help: 'join a relay that runs elsewhere, by the address it printed' },
  in: { kind: 'values', value: 'HOST:GUEST', help: 'copy a file or folder into the machine before the command runs' },
  out: { kind: 'values', value: 'GUEST:HOST', help: 'copy a file or folder out of it after the command' },
  env: { kind: 'values', value: 'K=V', help: 'set a variable of its environment; K alone takes the value it has here' },
  cwd: { kind: 'value', value: 'DIR', help: 'run it in this folder of the machine' },
  user: { kind: 'value', value: 'USER', help: 'run it as this user, or as UID or UID:GID; root unless given' },
  timeout: { kind: 'value', value: 'SECONDS', help: 'end it after this long, with exit code 124' },
  tty: { kind: 'flag', help: 'give it a terminal; what it prints then all goes to standard output' },
  save: { kind: 'value', value: 'NAME', help: 'keep the machine as this snapshot when the command succeeded' },
  'save-always': { kind: 'flag', help: 'keep it also when the command failed' },
  json: { kind: 'flag', help: JSON_OPTION.help },
} as const satisfies OptionTable;

export const RUN_HELP: HelpPage = {
  usage: 'run IMAGE|SNAPSHOT [OPTION]... -- COMMAND [ARGUMENT]...',
  options: OPTIONS,
  details: `Starts a machine, runs the command in it and throws the machine away. No shell looks at the command; for
a line of shell say: -- sh -c 'LINE'. What is piped into terrarium is its input.
Copies: the right side is the name the copy gets; with “/” at its end, the folder it goes into. --out
copies also when the command failed, not after Ctrl-C.
Exit codes: the command's own; 128 and the number of the signal that ended it; 124 after --timeout; 125
when Terrarium failed, 126 when the command cannot be run and 127 when it is not there; 130 after Ctrl-C.`,
};

export interface CopyPair {
  readonly from: string;
  readonly to: string;
}

/** What `terrarium run` was asked for. */
export interface RunPlan {
  readonly from: string;
  readonly argv: readonly string[];
  readonly memoryMib: number | null;
  readonly network: NetworkOption;
  readonly copiesIn: readonly CopyPair[];
  readonly copiesOut: readonly CopyPair[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | null;
  readonly user: string | null;
  readonly timeoutMs: number | null;
  readonly hasTerminal: boolean;
  readonly save: { readonly name: string; readonly always: boolean } | null;
  readonly isJson: boolean;
}

/** The longest time a timer of Node takes. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1;

/** @throws FailureError `bad-input` */
export function runPlan(args: readonly string[], hostEnv: NodeJS.ProcessEnv): RunPlan {
  const { options, operands, rest } = parseArguments('run', OPTIONS, args);
  const [from, ...more] = operands;
  if (from === undefined) {
    throw new FailureError('bad-input', 'Say which image or snapshot to run it in: terrarium run tiny -- uname -a');
  }
  if (rest !== null && more[0] !== undefined) {
    throw new FailureError('bad-input', `“${more[0]}” is one argument too many before “--”.`);
  }
  const argv = rest ?? more;
  if (argv.length === 0) {
    throw new FailureError('bad-input', `Say what to run, after “--”: terrarium run ${from} -- uname -a`);
  }
  if (options.tty && options.json) {
    throw new FailureError('bad-input', '--tty and --json exclude each other: a terminal has no output to keep apart.');
  }
  if (options['save-always'] && options.save === null) {
    throw new FailureError('bad-input', '--save-always needs --save NAME, which says what to call the snapshot.');
  }
  return {
    from,
    argv,
    memoryMib: options.memory === null ? null : wholeNumber('--memory', options.memory),
    network: networkOption(options),
    copiesIn: options.in.map(copyIn),
    copiesOut: options.out.map(copyOut),
    env: Object.fromEntries(options.env.map((text) => variable(text, hostEnv))),
    cwd: options.cwd,
    user: options.user,
    timeoutMs: options.timeout === null ? null : timeoutMs(options.timeout),
    hasTerminal: options.tty,
    save:
      options.save === null
        ? null
        : { name: unwrap(parseName('snapshot', options.save)), always: options['save-always'] },
    isJson: options.json,
  };
}

function networkOption(options: { net: string | null; relay: string | null }): NetworkOption {
  const wish = networkWish(options);
  const option =
    wish.kind === 'own' ? (wish.profile ?? 'offline') : wish.kind === 'relay' ? { relayUrl: wish.url } : 'fetch';
  // Refused here, before a machine is started for it.
  networkChoiceOf(option);
  return option;
}

/** The path in the machine is the one that begins with `/`, so the host's may have colons (`C:\`). */
function copyIn(text: string): CopyPair {
  const colon = text.lastIndexOf(':/');
  if (colon <= 0) {
    throw new FailureError('bad-input', `--in takes HOST:GUEST, as in ./data:/root/data; “${text}” is not like that.`);
  }
  return { from: text.slice(0, colon), to: text.slice(colon + 1) };
}

function copyOut(text: string): CopyPair {
  const colon = text.indexOf(':');
  if (!text.startsWith('/') || colon < 0 || colon === text.length - 1) {
    throw new FailureError('bad-input', `--out takes GUEST:HOST, as in /root/out:./out; “${text}” is not like that.`);
  }
  return { from: text.slice(0, colon), to: text.slice(colon + 1) };
}

function variable(text: string, hostEnv: NodeJS.ProcessEnv): readonly [name: string, value: string] {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  if (name === '') throw new FailureError('bad-input', `--env takes K=V; “${text}” is not like that.`);
  if (equals >= 0) return [name, text.slice(equals + 1)];
  const value = hostEnv[name];
  if (value === undefined) {
    throw new FailureError('bad-input', `--env ${name} takes the value that ${name} has here, but it is not set.`);
  }
  return [name, value];
}

function timeoutMs(text: string): number {
  const milliseconds = /^\d+(\.\d+)?$/.test(text) ? Math.ceil(Number(text) * 1000) : 0;
  if (milliseconds > 0 && milliseconds <= TIMEOUT_MAX_MS) return milliseconds;
  throw new FailureError(
    'bad-input',
    `--timeout takes seconds above 0, up to ${Math.floor(TIMEOUT_MAX_MS / 1000)}; “${text}” is none.`,
  );
}
