import { printableTail } from './printable-tail.ts';

/** resources/guest/init runs it, once, after what packages left to be done. */
export const COMMANDS_PROGRAM = 'usr/lib/terrarium/recipe-commands';
export const COMMANDS_FOLDER = 'usr/lib/terrarium/recipe-commands.d';

/** Begin lines on the console; whoever prints them as well breaks only the build of a recipe of their own. */
const BEGINS = 'terrarium: recipe: command';
const LINES_SHOWN = 12;

/**
 * A program for the machine's first boot that runs a recipe's commands in order, ends at the first that fails, and removes
 * itself. The base snapshot is taken after it. It stays in the files of the image, because a VM with another amount of
 * memory does not start from that snapshot but boots, and has to come to the same.
 */
export function commandsProgram(commands: readonly string[]): {
  readonly program: string;
  readonly scripts: ReadonlyMap<string, string>;
} {
  const names = commands.map((_, index) => String(index + 1).padStart(4, '0'));
  const scripts = new Map(names.map((name, index) => [name, `#!/bin/sh\nset -e\n${commands[index] ?? ''}\n`]));
  const program = `#!/usr/lib/terrarium/busybox sh
# The commands of the recipe that this image was built from.
export HOME=/root USER=root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cd /root || cd /
run() {
  echo "${BEGINS} $1 begins"
  /bin/sh "/${COMMANDS_FOLDER}/$2" </dev/null 2>&1
  status=$?
  [ "$status" = 0 ] && return
  echo "${BEGINS} $1 ended with $status"
  clean
  exit 1
}
clean() {
  /usr/lib/terrarium/busybox rm -rf /${COMMANDS_FOLDER} /${COMMANDS_PROGRAM}
}
${names.map((name, index) => `run ${index + 1} ${name}`).join('\n')}
clean
`;
  return { program, scripts };
}

/** The number of the command that runs, as far as the console says; null when none does. */
export function commandUnderWay(consoleText: string): number | null {
  const begun = [...consoleText.matchAll(new RegExp(`^${BEGINS} (\\d{1,4}) begins\\r?$`, 'gm'))].at(-1)?.[1];
  return begun === undefined || /^terrarium: ready\r?$/m.test(consoleText) ? null : Number(begun);
}

/** The command that failed in the machine's first boot, and what it had printed last; null when none did. */
export function failedCommand(
  consoleText: string,
): { readonly number: number; readonly exitCode: number; readonly lastLines: string } | null {
  const found = new RegExp(`^${BEGINS} (\\d{1,4}) ended with (\\d{1,3})\\r?$`, 'm').exec(consoleText);
  if (found === null) return null;
  const before = consoleText.slice(0, found.index);
  const begin = before.lastIndexOf(`${BEGINS} ${found[1]} begins`);
  const output = before.slice(Math.max(0, begin));
  return {
    number: Number(found[1]),
    exitCode: Number(found[2]),
    lastLines: printableTail(begin < 0 ? output : output.replace(/^.*\n?/, ''), LINES_SHOWN),
  };
}
