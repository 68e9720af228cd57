import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../src/shared/result.ts';

export const BENCH_NAMES = ['boot', 'launch', 'relay', 'exec', 'library', 'terminal', 'idle', 'image', 'day'] as const;
export type BenchName = (typeof BENCH_NAMES)[number];

/** A median of fewer says little on a machine that does other things too. */
export const RUNS_MIN = 5;
const RUNS_MAX = 100;
const MINUTES_MAX = 24 * 60;

export interface BenchArguments {
  readonly bench: BenchName;
  readonly json: boolean;
  /** Null for the benchmark's own number. */
  readonly runs: number | null;
  /** How long `day` goes on; null for its own time. */
  readonly minutes: number | null;
  /** Measure the `debian` image too, building it where there is none. */
  readonly debian: boolean;
}

export const USAGE = `npm run bench -- ${BENCH_NAMES.join('|')} [--json] [--runs N] [--image debian] [--minutes N]`;

export function parseBenchArguments(args: readonly string[]): Result<BenchArguments> {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        runs: { type: 'string' },
        image: { type: 'string' },
        minutes: { type: 'string' },
      },
    });
  } catch (cause) {
    return err('bad-input', `${cause instanceof Error ? cause.message : String(cause)}\n${USAGE}`);
  }
  const { positionals, values } = parsed;
  const [name] = positionals;
  const bench = BENCH_NAMES.find((known) => known === name);
  if (bench === undefined || positionals.length > 1) {
    return err('bad-input', `Name one benchmark: ${BENCH_NAMES.join(' or ')}.\n${USAGE}`);
  }
  if (
    values.image !== undefined &&
    (!['launch', 'image'].includes(bench) || !['tiny', 'debian'].includes(values.image))
  ) {
    return err('bad-input', `--image is for launch and image, and takes tiny or debian.\n${USAGE}`);
  }
  const runs = values.runs === undefined ? null : Number(values.runs);
  if (runs !== null && !(Number.isInteger(runs) && runs >= RUNS_MIN && runs <= RUNS_MAX)) {
    return err('bad-input', `--runs takes a whole number from ${RUNS_MIN} to ${RUNS_MAX}.\n${USAGE}`);
  }
  const minutes = values.minutes === undefined ? null : Number(values.minutes);
  if (bench === 'day' ? runs !== null : minutes !== null) {
    return err('bad-input', `day takes --minutes, the others take --runs.\n${USAGE}`);
  }
  if (minutes !== null && !(Number.isInteger(minutes) && minutes >= 1 && minutes <= MINUTES_MAX)) {
    return err('bad-input', `--minutes takes a whole number from 1 to ${MINUTES_MAX}.\n${USAGE}`);
  }
  return ok({ bench, json: values.json === true, runs, minutes, debian: values.image === 'debian' });
}
