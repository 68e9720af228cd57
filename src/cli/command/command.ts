import { FailureError } from '../../shared/result.ts';
import type { Library } from '../../library/library.ts';
import type { CliPlaces } from '../places.ts';
import type { OptionTable, OptionValues } from './options.ts';
import type { Output } from './output.ts';
import { ownArguments, parseArguments } from './parse.ts';
import { withStopSignals } from './stop-signals.ts';

/** Exit code when Terrarium itself failed, the `docker run` convention. */
export const EXIT_FAILED = 125;

export interface CommandContext {
  readonly places: CliPlaces;
  readonly output: Output;
  /** Aborted by Ctrl-C and by a polite kill. */
  readonly signal: AbortSignal;
}

export interface CommandInput<T extends OptionTable> {
  readonly options: OptionValues<T>;
  readonly operands: readonly string[];
}

export interface HelpPage {
  /** `image build RECIPE` */
  readonly usage: string;
  readonly options: OptionTable;
  /** Paragraphs below the options. */
  readonly details: string;
}

/** A command once its module is loaded. */
export interface LoadedCommand {
  readonly help: HelpPage;
  /** @returns the exit code */
  run(places: CliPlaces, args: readonly string[], output: Output): Promise<number>;
}

export interface CommandDefinition<T extends OptionTable> {
  /** The command, as in `image build`. */
  readonly words: string;
  /** Names of its operands for the help: `NAME`, `[NAME]` for one that may be left out, `NAME...` for several. */
  readonly operands: readonly string[];
  readonly options: T;
  readonly details: string;
  run(context: CommandContext, input: CommandInput<T>): Promise<number>;
}

/** A command that leaves reading its arguments and stopping on Ctrl-C to this. */
export function defineCommand<const T extends OptionTable>(definition: CommandDefinition<T>): LoadedCommand {
  const { words, operands: names, options: table, details } = definition;
  return {
    help: { usage: [words, ...names].join(' '), options: table, details },
    run: async (places, args, output) => {
      const { options, operands, rest } = parseArguments(words, table, args);
      const given = [...operands, ...(rest ?? [])];
      checkOperands(words, names, given);
      return withStopSignals((signal) => definition.run({ places, output, signal }, { options, operands: given }));
    },
  };
}

/** A command that reads its arguments and handles signals itself. */
export function ownCommand(
  help: HelpPage,
  run: (places: CliPlaces, args: readonly string[]) => Promise<number>,
): LoadedCommand {
  return { help, run: (places, args) => run(places, args) };
}

/** Opens the library for as long as a task takes. */
export async function withLibrary<T>({ places }: CommandContext, task: (library: Library) => Promise<T>): Promise<T> {
  const library = await places.openLibrary();
  try {
    return await task(library);
  } finally {
    await library.close();
  }
}

/** Whether the person asked for help or for JSON; also where the rest cannot be understood. */
export function asksFor(option: 'help' | 'json', args: readonly string[]): boolean {
  const own = ownArguments(args);
  return own.includes(`--${option}`) || (option === 'help' && own.includes('-h'));
}

function checkOperands(words: string, names: readonly string[], given: readonly string[]): void {
  const usage = `terrarium ${[words, ...names].join(' ')}`;
  const missing = names.filter((name) => !name.startsWith('['))[given.length];
  if (missing !== undefined) {
    throw new FailureError('bad-input', `${missing.replace('...', '')} is missing. This is how: ${usage}`);
  }
  const extra = names.some((name) => name.includes('...')) ? undefined : given[names.length];
  if (extra !== undefined) {
    throw new FailureError('bad-input', `“${extra.slice(0, 80)}” is one argument too many. This is how: ${usage}`);
  }
}
