/** The `terrarium` command. */
import { runCli } from './run-cli.ts';

process.exitCode = await runCli(process.argv.slice(2));
// Worker threads of ended machines must not keep the process.
process.exit();
