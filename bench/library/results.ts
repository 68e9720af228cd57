import type { Measurement } from '../figure.ts';
import type { KeeperRound } from './compare.ts';

/** A goal against each tool is a goal against the better of them. */
export function againstTool(
  tool: string,
  version: string,
  ours: readonly KeeperRound[],
  theirs: readonly KeeperRound[],
): Measurement[] {
  const each = (what: string, unit: string, of: (round: KeeperRound) => number, goal: string): Measurement => ({
    name: `${what}-against-${tool}`,
    unit,
    ours: ours.map(of),
    baseline: theirs.map(of),
    baselineIs: `${version}, the same ten states, in turns, a new repository each round`,
    goal,
  });
  return [
    each('size', 'MB', ({ sizeBytes }) => sizeBytes / 1e6, '<=1'),
    each('save', 'ms', ({ saveMs }) => saveMs, '<=0.5'),
    each('restore', 'ms', ({ restoreMs }) => restoreMs, '<=0.5'),
  ];
}

/** Where ours runs already, as it does in the app, and theirs has to be started: to be read, not to be judged. */
export function besideTool(
  tool: string,
  version: string,
  running: readonly KeeperRound[],
  theirs: readonly KeeperRound[],
): Measurement[] {
  const each = (what: string, of: (round: KeeperRound) => number): Measurement => ({
    name: `${what}-running-beside-${tool}`,
    unit: 'ms',
    ours: running.map(of),
    baseline: theirs.map(of),
    baselineIs: `${version}, the same rounds`,
    goal: null,
  });
  return [each('save', ({ saveMs }) => saveMs), each('restore', ({ restoreMs }) => restoreMs)];
}

/** Ours alone: to be read, not to be judged. */
export function sumOf(name: string, rounds: readonly KeeperRound[], of: (round: KeeperRound) => number): Measurement {
  return { name, unit: 'ms', ours: rounds.map(of), baseline: null, baselineIs: null, goal: null };
}
