import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { LineageState } from './lineage.ts';
import type { StoreOutcome } from './store-program.ts';
import { outputOf } from './tools.ts';

export const LISTED = 1000;

/** How long the library takes to list that many snapshots, each time in a process that has not seen it. */
export async function timeListing(
  programPath: string,
  like: LineageState,
  runs: number,
  folder: string,
): Promise<number[]> {
  const program = async (...args: string[]): Promise<StoreOutcome> =>
    JSON.parse(await outputOf(process.execPath, [programPath, ...args])) as StoreOutcome;
  const home = path.join(folder, 'many');
  const manifestPath = path.join(folder, 'like.json');
  await writeFile(manifestPath, JSON.stringify(like.manifest));
  await program('fill', home, String(LISTED), manifestPath);
  const times: number[] = [];
  for (let run = 0; run <= runs; run += 1) {
    const { insideMs, count } = await program('list', home);
    if (count !== LISTED) throw new Error(`${count} snapshots were listed, not ${LISTED}`);
    // The first one finds a cold disk cache.
    if (run > 0) times.push(insideMs);
  }
  return times;
}
