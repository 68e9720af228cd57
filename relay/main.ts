/** A relay of its own, for any v86 that speaks WebSocket: `npm run relay`. */
import { relayArguments, RELAY_USAGE } from './main-arguments.ts';
import { startRelay } from './main-run.ts';

/** Exit code when the relay could not start. */
const EXIT_FAILED = 1;

const args = await relayArguments(process.argv.slice(2));
if (!args.ok) {
  process.stderr.write(`${args.error.message}\n`);
  process.exitCode = EXIT_FAILED;
} else if (args.value === 'help') {
  process.stdout.write(RELAY_USAGE);
} else {
  const started = await startRelay(args.value, {
    print: (line) => process.stdout.write(`${line}\n`),
    complain: (line) => process.stderr.write(`${line}\n`),
  });
  if (!started.ok) {
    process.stderr.write(`${started.error.message}\n`);
    process.exitCode = EXIT_FAILED;
  } else {
    const stop = (): void => void started.value.stop();
    // `once`: a second Ctrl-C ends a relay that hangs while it stops.
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  }
}
