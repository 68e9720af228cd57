/** One measured figure, as `--json` prints it. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly baseline: number | null;
  readonly ratio: number | null;
  readonly goal: string | null;
  /** A figure without a goal is there to be read; it passes. */
  readonly pass: boolean;
  readonly runs: number;
  readonly baselineIs: string | null;
}

/** What was measured: one number for each run, ours and the baseline's from the same minutes. */
export interface Measurement {
  readonly name: string;
  readonly unit: string;
  readonly ours: readonly number[];
  readonly baseline: readonly number[] | null;
  readonly baselineIs: string | null;
  /** Where a value stands for many (a percentile): how many. */
  readonly runs?: number;
  /** `<=0.35`: of the ratio where there is a baseline, else of the value. */
  readonly goal: string | null;
}

/** @throws RangeError for no values */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1];
  const high = sorted[Math.floor(middle)];
  if (low === undefined || high === undefined) throw new RangeError('the median of no values');
  return (low + high) / 2;
}

/** Judged on what was measured, before rounding: a ratio of 0.354 does not pass `<=0.35`. */
export function figureOf(measurement: Measurement): Figure {
  const { name, unit, ours, baselineIs, goal } = measurement;
  const value = median(ours);
  const baseline = measurement.baseline === null ? null : median(measurement.baseline);
  const ratio = baseline === null ? null : value / baseline;
  return {
    name,
    unit,
    value: round(value, 1),
    baseline: baseline === null ? null : round(baseline, 1),
    ratio: ratio === null ? null : round(ratio, 3),
    goal,
    pass: goal === null || meets(ratio ?? value, goal),
    runs: measurement.runs ?? ours.length,
    baselineIs,
  };
}

/** @throws SyntaxError for a goal that is not `<=` or `>=` and a number */
export function meets(value: number, goal: string): boolean {
  const parsed = /^(<=|>=)(\d+(?:\.\d+)?)$/.exec(goal);
  if (!parsed) throw new SyntaxError(`“${goal}” is no goal`);
  const bound = Number(parsed[2]);
  return parsed[1] === '<=' ? value <= bound : value >= bound;
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
