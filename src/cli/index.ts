/** The `terrarium` command. */
import { endQuietlyWithReader } from './broken-pipe.ts';
import { reportBug, runCli } from './run-cli.ts';

const args = process.argv.slice(2);
const pipe = endQuietlyWithReader(process.stdout, process.stderr);
process.once('uncaughtException', (caught) => process.exit(reportBug(args, caught)));
const exitCode = await runCli({ args, programFolder: import.meta.dirname, pipe });
// A reader that has gone is noticed only after what was written.
await new Promise((resolve) => setImmediate(resolve));
// A pipe on macOS and a file on Windows take bytes later.
if (process.stdout.writableLength > 0) await new Promise((resolve) => process.stdout.write('', resolve));
// Worker threads of ended machines must not keep the process.
process.exit(pipe.brokenExitCode() ?? exitCode);
