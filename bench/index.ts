/** `npm run bench -- NAME [--json] [--runs N]` (`day` takes `--minutes N`): measures on this machine, now. */
import { parseBenchArguments, type BenchArguments } from './arguments.ts';
import { benchBoot } from './boot.ts';
import { benchDay } from './day.ts';
import type { Measurement } from './figure.ts';
import { benchLaunch } from './launch.ts';
import { benchExec } from './exec.ts';
import { benchImage } from './image.ts';
import { benchIdle } from './idle.ts';
import { benchLibrary } from './library.ts';
import { benchRelay } from './relay.ts';
import { benchTerminal } from './terminal.ts';
import { formatReport, reportOf } from './report.ts';
import { FailureError } from '../src/shared/result.ts';

function measure({ bench, runs, minutes, debian }: BenchArguments): Promise<Measurement[]> {
  switch (bench) {
    case 'boot':
      return benchBoot(runs);
    case 'launch':
      return benchLaunch(runs, debian);
    case 'relay':
      return benchRelay(runs);
    case 'day':
      return benchDay(minutes);
    case 'exec':
      return benchExec(runs);
    case 'idle':
      return benchIdle(runs);
    case 'image':
      return benchImage(runs, debian);
    case 'library':
      return benchLibrary(runs);
    case 'terminal':
      return benchTerminal(runs);
  }
}

async function main(args: readonly string[]): Promise<number> {
  const parsed = parseBenchArguments(args);
  if (!parsed.ok) throw new FailureError(parsed.error.code, parsed.error.message);
  const measurements = await measure(parsed.value);
  const report = await reportOf(parsed.value.bench, measurements);
  console.log(formatReport(report, measurements));
  if (parsed.value.json) console.log(JSON.stringify(report));
  return report.figures.every((figure) => figure.pass) ? 0 : 1;
}

/** Not measured, as opposed to measured and missed. */
const NOT_MEASURED = 2;

process.exitCode = await main(process.argv.slice(2)).catch((caught: unknown) => {
  console.error(caught instanceof FailureError ? caught.message : caught);
  return NOT_MEASURED;
});
