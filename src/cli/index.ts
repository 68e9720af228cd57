/** The `terrarium` command. */
import { isatty } from 'node:tty';
import { endQuietlyWithReader } from './broken-pipe.ts';
import { reportBug, runCli } from './run-cli.ts';

const args = process.argv.slice(2);
const terminals = [0, 1, 2].filter(isatty);
const pipe = endQuietlyWithReader(process.stdout, process.stderr);
process.once('uncaughtException', (caught) => process.exit(reportBug(args, caught)));
const exitCode = await runCli({ args, programFolder: import.meta.dirname, pipe });
// A reader that has gone is noticed only after what was written.
await new Promise((resolve) => setImmediate(resolve));
// A pipe on macOS and a file on Windows take bytes later.
if (process.stdout.writableLength > 0) await new Promise((resolve) => process.stdout.write('', resolve));
if (!terminals.every(isatty)) {
  // The terminal was closed. Node aborts when it cannot give a terminal its modes back, so it is not asked to.
  process.removeAllListeners('SIGHUP');
  process.kill(process.pid, 'SIGHUP');
}
// Worker threads of ended machines must not keep the process.
process.exit(pipe.brokenExitCode() ?? exitCode);
