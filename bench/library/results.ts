import type { Measurement } from '../figure.ts';
import type { KeeperRound } from './compare.ts';

/**
 * Process against process: ours starts and ends for each state, as theirs do. Space has a goal against each tool, which
 * makes it one against the better of them; for time see {@link besideTool}.
 */
export function againstTool(
  tool: string,
  version: string,
  ours: readonly KeeperRound[],
  theirs: readonly KeeperRound[],
): Measurement[] {
  const each = (what: string, unit: string, of: (round: KeeperRound) => number, goal: string | null): Measurement => ({
    name: `${what}-against-${tool}`,
    unit,
    ours: ours.map(of),
    baseline: theirs.map(of),
    baselineIs: `${version}, the same ten states, in turns, a new repository each round`,
    goal,
  });
  return [
    each('size', 'MB', ({ sizeBytes }) => sizeBytes / 1e6, '<=1'),
    each('save', 'ms', ({ saveMs }) => saveMs, null),
    each('restore', 'ms', ({ restoreMs }) => restoreMs, null),
  ];
}

/**
 * Ours runs already, as it does in the app where a person waits for it; theirs has to be started, they know no other way.
 * This is what the goal is set for. Who wants to know the share of the start looks at {@link againstTool}.
 */
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
    goal: '<=0.5',
  });
  return [each('save', ({ saveMs }) => saveMs), each('restore', ({ restoreMs }) => restoreMs)];
}

/** Ours alone: to be read, not to be judged. */
export function sumOf(name: string, rounds: readonly KeeperRound[], of: (round: KeeperRound) => number): Measurement {
  return { name, unit: 'ms', ours: rounds.map(of), baseline: null, baselineIs: null, goal: null };
}
