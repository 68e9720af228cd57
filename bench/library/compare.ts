import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { sha256File } from '../../src/images/packages/cache.ts';
import type { Keeper, Repository } from './keeper.ts';
import type { LineageState } from './lineage.ts';
import { outputOf } from './tools.ts';

/** One keeper's round with the whole lineage. */
export interface KeeperRound {
  readonly sizeBytes: number;
  /** Sums over the lineage, from a process's start to its end. */
  readonly saveMs: number;
  readonly restoreMs: number;
  /** The same without the processes' start, where the keeper says so. */
  readonly insideSaveMs: number;
  readonly insideRestoreMs: number;
}

/**
 * All keepers in turns, each time with a new repository. A first round is not counted: files come into the disk cache,
 * and what is restored is compared with what was saved.
 * @returns the rounds of each keeper, in the order of the keepers
 */
export async function compareKeepers(
  keepers: readonly Keeper[],
  states: readonly LineageState[],
  rounds: number,
  scratch: string,
): Promise<KeeperRound[][]> {
  const hashes = await Promise.all(states.map(({ rawPath }) => sha256File(rawPath)));
  const measured: KeeperRound[][] = keepers.map(() => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, keeper] of keepers.entries()) {
      const folder = path.join(scratch, keeper.name);
      await mkdir(folder);
      const result = await runRound(keeper, states, folder, round === 0 ? hashes : null);
      await rm(folder, { recursive: true });
      // Nobody is to wait for what another one wrote.
      await outputOf('sync', []);
      process.stderr.write(`${keeper.name}, ${round === 0 ? 'not counted' : `round ${round}`}: ${describe(result)}\n`);
      if (round > 0) measured[index]?.push(result);
    }
  }
  return measured;
}

async function runRound(
  keeper: Keeper,
  states: readonly LineageState[],
  folder: string,
  hashes: readonly string[] | null,
): Promise<KeeperRound> {
  const repository = await keeper.open(folder);
  try {
    return await runThrough(keeper.name, repository, states, folder, hashes);
  } finally {
    await repository.close();
  }
}

async function runThrough(
  name: string,
  repository: Repository,
  states: readonly LineageState[],
  folder: string,
  hashes: readonly string[] | null,
): Promise<KeeperRound> {
  const sums = { saveMs: 0, restoreMs: 0, insideSaveMs: 0, insideRestoreMs: 0 };
  for (const state of states) {
    const began = performance.now();
    const insideMs = await repository.save(state);
    sums.saveMs += performance.now() - began;
    sums.insideSaveMs += insideMs ?? 0;
  }
  await outputOf('sync', []);
  for (const [index, state] of states.entries()) {
    const target = path.join(folder, 'restored');
    await mkdir(target);
    const began = performance.now();
    const { path: file, insideMs } = await repository.restore(state, target);
    sums.restoreMs += performance.now() - began;
    sums.insideRestoreMs += insideMs ?? 0;
    if (hashes && (await sha256File(file)) !== hashes[index]) {
      throw new Error(`${name} did not give back “${state.name}” as it was`);
    }
    await rm(target, { recursive: true });
  }
  return { ...sums, sizeBytes: await repository.sizeBytes() };
}

function describe({ sizeBytes, saveMs, restoreMs }: KeeperRound): string {
  const seconds = (ms: number): string => (ms / 1000).toFixed(2);
  return `${(sizeBytes / 1e6).toFixed(1)} MB, saved in ${seconds(saveMs)} s, restored in ${seconds(restoreMs)} s`;
}
