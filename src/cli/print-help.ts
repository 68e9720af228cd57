import { commandHelp, overview } from './command/help.ts';
import { COMMANDS } from './commands.ts';
import { findCommand } from './find-command.ts';

/**
 * `terrarium help [COMMAND]`
 * @throws FailureError `bad-input` for a command that does not exist
 */
export async function printHelp(words: readonly string[]): Promise<void> {
  const named = words.filter((word) => !word.startsWith('-'));
  process.stdout.write(await helpText(named));
}

async function helpText(words: readonly string[]): Promise<string> {
  if (words.length === 0) return overview(COMMANDS);
  const found = findCommand(COMMANDS, words);
  if (found.kind === 'group') return overview(found.entries);
  const { help } = await found.entry.load();
  return commandHelp(help, found.entry.summary);
}
