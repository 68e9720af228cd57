import { FailureError } from '../src/shared/result.ts';
import type { Measurement } from './figure.ts';
import { measureInApp } from './in-app.ts';
import type { TerminalReport, TerminalRun } from './terminal/report.ts';

const RUNS = 3;
const GOAL_SHARE = 0.8;
const GOAL_FRAME_MS = 32;
const GOAL_ECHO_MS = 100;
const BASELINE =
  'the same command of the same VM into its second console, which nobody has opened: its machine counts those bytes and drops them';

/**
 * 50 MB of a coloured log through a terminal of the real app: nothing may be lost, the window goes on drawing, and
 * who types into another VM hardly notices.
 */
export async function benchTerminal(runs: number | null): Promise<Measurement[]> {
  const measured = await measureInApp<TerminalReport>('terminal.spec.ts', runs ?? RUNS);
  if (!measured.ok) throw new FailureError(measured.error.code, measured.error.message);
  const { runs: each } = measured.value;
  const rates = (of: (run: TerminalRun) => number): number[] => each.map(of);
  const p95s = (of: (run: TerminalRun) => readonly number[]): number[] => each.map((run) => percentile(of(run), 0.95));
  const plain = { baseline: null, baselineIs: null };
  return [
    {
      name: 'lost',
      unit: 'bytes',
      // All together: one byte lost once is a byte lost.
      ours: [rates(({ drawn, beside }) => drawn.lostBytes + beside.lostBytes).reduce((sum, lost) => sum + lost, 0)],
      runs: each.length,
      ...plain,
      goal: '<=0',
    },
    {
      name: 'throughput',
      unit: 'MiB/s',
      ours: rates(({ drawn }) => drawn.mibPerS),
      baseline: rates(({ nullMibPerS }) => nullMibPerS),
      baselineIs: BASELINE,
      goal: `>=${GOAL_SHARE}`,
    },
    {
      name: 'throughput-hidden',
      unit: 'MiB/s',
      ours: rates(({ beside }) => beside.mibPerS),
      baseline: rates(({ nullMibPerS }) => nullMibPerS),
      baselineIs: `${BASELINE}; the flooded terminal is behind another VM, which is typed into`,
      goal: null,
    },
    {
      name: 'frame-p95',
      unit: 'ms',
      ours: p95s(({ drawn }) => drawn.frameMs),
      ...plain,
      goal: `<=${GOAL_FRAME_MS}`,
    },
    {
      name: 'frame-p95-hidden',
      unit: 'ms',
      ours: p95s(({ beside }) => beside.frameMs),
      ...plain,
      goal: `<=${GOAL_FRAME_MS}`,
    },
    {
      name: 'echo-p95',
      unit: 'ms',
      ours: p95s(({ echoMs }) => echoMs),
      // To be read beside it; the goal is a time.
      ...plain,
      goal: `<=${GOAL_ECHO_MS}`,
    },
    { name: 'echo-p95-quiet', unit: 'ms', ours: p95s(({ quietEchoMs }) => quietEchoMs), ...plain, goal: null },
  ];
}

/** @throws RangeError for no values */
function percentile(values: readonly number[], share: number): number {
  const value = values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1];
  if (value === undefined) throw new RangeError('a percentile of no values');
  return value;
}
