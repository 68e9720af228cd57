import type { CommandEntry } from '../commands.ts';
import { padToWidth } from '../terminal/display-width.ts';
import type { HelpPage } from './command.ts';
import { HELP_OPTION, type OptionTable } from './options.ts';

/** What fits an ordinary terminal. */
const LINE_MAX_CHARACTERS = 96;
const INDENT = '  ';

/** What `terrarium help COMMAND` prints. */
export function commandHelp({ usage, options, details }: HelpPage, summary: string): string {
  const all = { ...options, help: HELP_OPTION };
  const rows = Object.entries(all).map(([name, option]) => [optionText(name, option), option.help] as const);
  return [
    `Usage: terrarium ${usage}${usage.includes('[OPTION]') ? '' : ' [OPTION]...'}`,
    '',
    ...wrapped(sentence(summary), ''),
    '',
    'Options:',
    ...pairs(rows),
    ...(details === '' ? [] : ['', ...details.trim().split('\n')]),
    '',
  ].join('\n');
}

/** What `terrarium help` prints, or `terrarium help image` for the commands that begin with that word. */
export function overview(entries: readonly CommandEntry[]): string {
  const rows = entries.map(({ words, summary }) => [words, summary] as const);
  return [
    'Usage: terrarium COMMAND [ARGUMENT]... [OPTION]...',
    '',
    ...pairs(rows),
    '',
    '“terrarium help COMMAND” says more about one of them. Exit codes: 0 for success, 125 when Terrarium itself',
    'failed, 130 after Ctrl-C; “run” ends with the exit code of the command it ran.',
    '',
  ].join('\n');
}

function optionText(name: string, { kind, value }: OptionTable[string]): string {
  if (kind === 'flag') return `--${name}`;
  return `--${name} ${value ?? 'VALUE'}${kind === 'values' ? '...' : ''}`;
}

/** Two columns: a name, and what is said about it. */
function pairs(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.flatMap(([name, text]) => {
    const [first = '', ...more] = wrapped(text, ' '.repeat(INDENT.length + width + 2));
    return [`${INDENT}${padToWidth(name, width, 'left')}${INDENT}${first.trimStart()}`, ...more];
  });
}

function wrapped(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > LINE_MAX_CHARACTERS) {
      lines.push(indent + line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, indent + line];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
