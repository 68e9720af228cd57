import { inspect } from 'node:util';
import { FailureError, toErr, type Failure } from '../shared/result.ts';
import type { PipeWatch } from './broken-pipe.ts';
import { asksFor, EXIT_FAILED } from './command/command.ts';
import { Output } from './command/output.ts';
import { StoppedError } from './command/stop-signals.ts';
import { COMMANDS } from './commands.ts';
import { findCommand, incomplete } from './find-command.ts';
import { cliPlaces } from './places.ts';
import { printableLines } from './terminal/printable.ts';

export interface CliRun {
  readonly args: readonly string[];
  /** Where this program lies, `out/main` of the package. */
  readonly programFolder: string;
  readonly pipe: PipeWatch;
}

/** Runs one command. @returns the exit code */
export async function runCli({ args, programFolder, pipe }: CliRun): Promise<number> {
  const output = new Output(asksFor('json', args));
  try {
    return await dispatch(args, programFolder, output);
  } catch (caught) {
    if (!(caught instanceof StoppedError)) return reportFailure(output, caught);
    // Nobody asked for it to be stopped, and nobody reads any more.
    if (pipe.brokenExitCode() === null) report(output, { code: 'cancelled', message: stoppedMessage(caught) });
    return caught.exitCode;
  }
}

/** For what nobody has caught: exit code 1 would be taken for that of a command in a machine. @returns the exit code */
export function reportBug(args: readonly string[], caught: unknown): number {
  return reportFailure(new Output(asksFor('json', args)), caught);
}

function reportFailure(output: Output, caught: unknown): number {
  // What it says may come from a guest.
  if (isBug(caught)) process.stderr.write(`${printableLines(inspect(caught))}\n`);
  report(output, failureOf(caught));
  return EXIT_FAILED;
}

async function dispatch(args: readonly string[], programFolder: string, output: Output): Promise<number> {
  const [first] = args;
  if (first === undefined || first === 'help' || first === '--help' || first === '-h') {
    const { printHelp } = await import('./print-help.ts');
    await printHelp(args.slice(1));
    return first === undefined ? EXIT_FAILED : 0;
  }
  if (first === '--version') {
    const { printVersion } = await import('./print-version.ts');
    await printVersion(cliPlaces(programFolder).packageFolder);
    return 0;
  }
  const found = findCommand(COMMANDS, args);
  if (asksFor('help', args)) {
    const { printHelp } = await import('./print-help.ts');
    await printHelp((found.kind === 'command' ? found.entry.words : found.word).split(' '));
    return 0;
  }
  if (found.kind === 'group') throw incomplete(found);
  const command = await found.entry.load();
  return command.run(cliPlaces(programFolder), found.args, output);
}

function report(output: Output, failure: Failure): void {
  output.endProgress();
  // One that failed after its document, when it gave up the library, says so beside it.
  if (output.lacksDocument) output.json({ error: failure });
  else output.complain(failure.message);
}

function failureOf(caught: unknown): Failure {
  if (isUsage(caught)) return { code: 'bad-input', message: caught.message };
  return toErr(caught).error;
}

/** What was kept, when the task that was stopped could say so. */
function stoppedMessage({ cause, message }: StoppedError): string {
  return cause instanceof FailureError && cause.code === 'cancelled' ? cause.message : message;
}

function isBug(caught: unknown): boolean {
  return !(caught instanceof FailureError) && !isUsage(caught);
}

/** What `parseArgs` of node:util throws at arguments. */
function isUsage(caught: unknown): caught is TypeError {
  return (
    caught instanceof TypeError &&
    'code' in caught &&
    typeof caught.code === 'string' &&
    caught.code.startsWith('ERR_PARSE_ARGS_')
  );
}
