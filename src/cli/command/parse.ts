import { parseArgs } from 'node:util';
import { FailureError } from '../../shared/result.ts';
import { nearest } from './nearest.ts';
import type { OptionTable, OptionValues } from './options.ts';

export interface ParsedArguments<T extends OptionTable> {
  readonly options: OptionValues<T>;
  /** What is no option, before `--`. */
  readonly operands: readonly string[];
  /** Everything after `--`; null when there was none. */
  readonly rest: readonly string[] | null;
}

/**
 * Reads the arguments of one command. Options and operands may be mixed; after `--` nothing is an option.
 * @param words the command, as in `image build`
 * @throws FailureError `bad-input` for an option that does not exist or lacks its value
 */
export function parseArguments<T extends OptionTable>(
  words: string,
  table: T,
  args: readonly string[],
): ParsedArguments<T> {
  const { tokens } = parseArgs({
    args: [...args],
    // Its own complaints are about its own configuration; each token is judged here instead.
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(table).map(
        ([name, { kind }]) => [name, { type: kind === 'flag' ? 'boolean' : 'string' }] as const,
      ),
    ),
  });
  const found: Record<string, boolean | string | null | string[]> = {};
  for (const [name, { kind }] of Object.entries(table)) {
    found[name] = kind === 'flag' ? false : kind === 'value' ? null : [];
  }
  const operands: string[] = [];
  let rest: string[] | null = null;
  for (const token of tokens) {
    if (token.kind === 'option-terminator') rest = [];
    else if (token.kind === 'positional') (rest ?? operands).push(token.value);
    else {
      const option = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
      if (option === undefined) throw unknownOption(words, token.rawName, Object.keys(table));
      if (option.kind === 'flag') {
        if (token.value !== undefined) throw new FailureError('bad-input', `${token.rawName} takes no value.`);
        found[token.name] = true;
        continue;
      }
      const value = valueOf(token, option.value ?? 'VALUE');
      const earlier = found[token.name];
      if (Array.isArray(earlier)) earlier.push(value);
      else found[token.name] = value;
    }
  }
  // `found` has a key for each option of the table, of the kind the table says.
  return { options: found as OptionValues<T>, operands, rest };
}

function valueOf(
  token: { rawName: string; value?: string | undefined; inlineValue?: boolean | undefined },
  what: string,
): string {
  const { rawName, value } = token;
  if (value === undefined || (token.inlineValue !== true && /^--?./.test(value))) {
    throw new FailureError(
      'bad-input',
      `${rawName} needs a value: ${rawName} ${what}. One that begins with a dash is given as ${rawName}=${what}.`,
    );
  }
  return value;
}

function unknownOption(words: string, rawName: string, known: readonly string[]): FailureError {
  const names = [...known, 'help'].map((name) => `--${name}`);
  const meant = nearest(rawName, names);
  const hint = meant === null ? '' : ` Did you mean ${meant}?`;
  return new FailureError(
    'bad-input',
    `“terrarium ${words}” has no option ${rawName}.${hint} Run “terrarium ${words} --help” for what there is; what belongs to a command in the machine goes after “--”.`,
  );
}

/**
 * A whole number given as an option's value.
 * @throws FailureError `bad-input`
 */
export function wholeNumber(option: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new FailureError('bad-input', `${option} takes a whole number; “${text}” is none.`);
}

/** What may be one of a few words. @throws FailureError `bad-input` that lists them */
export function oneOf<T extends string>(what: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  const meant = nearest(text, choices);
  const hint = meant === null ? '' : ` Did you mean “${meant}”?`;
  throw new FailureError('bad-input', `There is no ${what} “${text}”.${hint} There are: ${choices.join(', ')}.`);
}

/** The arguments that Terrarium looks at: those before `--`. */
export function ownArguments(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--');
  return end < 0 ? args : args.slice(0, end);
}
