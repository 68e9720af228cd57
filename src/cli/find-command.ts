import { FailureError } from '../shared/result.ts';
import { nearest } from './command/nearest.ts';
import type { CommandEntry } from './commands.ts';

/** The command that the first words name, or the commands that begin with them. */
export type FoundCommand =
  | { readonly kind: 'command'; readonly entry: CommandEntry; readonly args: readonly string[] }
  | { readonly kind: 'group'; readonly word: string; readonly entries: readonly CommandEntry[] };

/**
 * Finds the command at the start of the arguments.
 * @throws FailureError `bad-input` with the name that was probably meant
 */
export function findCommand(entries: readonly CommandEntry[], args: readonly string[]): FoundCommand {
  const [first = '', second] = args;
  for (const count of [2, 1]) {
    const typed = args.slice(0, count).join(' ');
    const entry = entries.find(({ words }) => words === typed);
    if (entry) return { kind: 'command', entry, args: args.slice(count) };
  }
  const group = entries.filter(({ words }) => words.startsWith(`${first} `));
  if (group.length === 0) {
    const all = entries.map(({ words }) => words);
    const whole = second === undefined ? null : nearest(`${first} ${second}`, all);
    throw unknown(first, whole ?? nearest(first, [...new Set(all.map(firstWord))]), 'help');
  }
  // An option is none of the group's words: the group alone was named.
  if (second === undefined || second.startsWith('-')) return { kind: 'group', word: first, entries: group };
  const meant = nearest(
    second,
    group.map(({ words }) => words.slice(first.length + 1)),
  );
  throw unknown(`${first} ${second}`, meant === null ? null : `${first} ${meant}`, `help ${first}`);
}

/** Which of the group's commands is meant must be said. */
export function incomplete({ word, entries }: { word: string; entries: readonly CommandEntry[] }): FailureError {
  const commands = entries.map((entry) => `“terrarium ${entry.words}”`);
  return new FailureError('bad-input', `What to do with “${word}” is missing. There are: ${commands.join(', ')}.`);
}

function unknown(typed: string, meant: string | null, help: string): FailureError {
  const hint = meant === null ? '' : ` Did you mean “terrarium ${meant}”?`;
  return new FailureError(
    'bad-input',
    `There is no command “${typed.slice(0, 80)}”.${hint} Run “terrarium ${help}” for what there is.`,
  );
}

function firstWord(command: string): string {
  return command.split(' ')[0] ?? command;
}
