import { relayArguments, RELAY_USAGE } from '../../relay/main-arguments.ts';
import { startRelay } from '../../relay/main-run.ts';
import { unwrap } from '../shared/result.ts';

/** `terrarium relay`: a network for machines that run elsewhere, until Ctrl-C. */
export async function relayCommand(args: readonly string[]): Promise<number> {
  const wanted = unwrap(await relayArguments(args));
  if (wanted === 'help') {
    process.stdout.write(RELAY_USAGE);
    return 0;
  }
  const running = unwrap(
    await startRelay(wanted, {
      print: (line) => process.stdout.write(`${line}\n`),
      complain: (line) => process.stderr.write(`${line}\n`),
    }),
  );
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await running.stop();
  return 0;
}
