import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { constants } from 'node:os';

/** The folder of the checkout. */
export const PROJECT_ROOT = path.resolve(import.meta.dirname, '../..');

const PASSED_ON: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs a program that shares this terminal, passes signals on to it, and gives its exit code (128 + signal number
 * when a signal ended it, as a shell would say).
 */
export async function runInTerminal(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<number> {
  const child = spawn(command, args, { cwd: PROJECT_ROOT, env: { ...process.env, ...env }, stdio: 'inherit' });
  return exitCode(child);
}

/** Runs a script of this project's package.json with the npm that runs us. */
export async function runNpmScript(
  name: string,
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<number> {
  const npm = process.env['npm_execpath'];
  if (npm !== undefined && /\.c?js$/.test(npm) && existsSync(npm)) {
    return runInTerminal(process.execPath, [npm, 'run', '--silent', name], env);
  }
  return runInTerminal('npm', ['run', '--silent', name], env);
}

async function exitCode(child: ChildProcess): Promise<number> {
  const passOn = (signal: NodeJS.Signals): void => {
    // On Ctrl-C the terminal has told the child already; telling it twice would make it quit the hard way.
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  };
  for (const signal of PASSED_ON) process.on(signal, passOn);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 1 : constants.signals[signal])));
    });
  } finally {
    for (const signal of PASSED_ON) process.off(signal, passOn);
  }
}
