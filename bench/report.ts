import { availableParallelism, totalmem } from 'node:os';
import { PROJECT_ROOT } from '../scripts/setup/child.ts';
import { presentElectron } from '../src/cli/doctor/electron-present.ts';
import { cacheRoot } from '../src/images/packages/cache.ts';
import { figureOf, type Figure, type Measurement } from './figure.ts';

export interface Report {
  readonly bench: string;
  readonly figures: readonly Figure[];
  readonly machine: {
    readonly cpus: number;
    readonly memGiB: number;
    readonly node: string;
    /** The one that runs the app here. Machines measured outside the app run in Node's worker threads. */
    readonly electron: string | null;
  };
}

export async function reportOf(bench: string, measurements: readonly Measurement[]): Promise<Report> {
  return {
    bench,
    figures: measurements.map(figureOf),
    machine: {
      cpus: availableParallelism(),
      memGiB: Math.round(totalmem() / 1024 ** 3),
      node: process.versions.node,
      electron: await electronVersion(),
    },
  };
}

/** A table for a person: medians, and below them the range they come from. */
export function formatReport(report: Report, measurements: readonly Measurement[]): string {
  const { cpus, memGiB, node } = report.machine;
  const rows = [
    ['figure', 'ours', 'baseline', 'ratio', 'goal', '', 'runs'],
    ...report.figures.map((figure) => [
      figure.name,
      `${figure.value} ${figure.unit}`,
      figure.baseline === null ? '–' : `${figure.baseline} ${figure.unit}`,
      figure.ratio === null ? '–' : figure.ratio.toFixed(3),
      figure.goal ?? '–',
      figure.goal === null ? '' : figure.pass ? 'pass' : 'FAIL',
      String(figure.runs),
    ]),
  ];
  const ranges = measurements.map(({ name, ours, baseline, baselineIs }) => {
    const against = baseline === null ? '' : `; baseline ${rangeOf(baseline)} (${baselineIs ?? ''})`;
    return `${name}: ours ${rangeOf(ours)}${against}`;
  });
  return [
    `bench ${report.bench}: ${cpus} CPUs, ${memGiB} GiB, Node ${node}`,
    '',
    ...alignColumns(rows),
    '',
    ...ranges,
  ].join('\n');
}

export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

function rangeOf(values: readonly number[]): string {
  const low = Math.min(...values).toFixed(1);
  const high = Math.max(...values).toFixed(1);
  return low === high ? low : `${low} to ${high}`;
}

async function electronVersion(): Promise<string | null> {
  const present = await presentElectron({ cacheRoot: cacheRoot(), packageFolder: PROJECT_ROOT }, process.env);
  return present?.version ?? null;
}
