import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const PREFIX = 'terrarium-build-';
/** Of a folder: the builder's process and where that runs; random letters follow. */
const NAME = /^terrarium-build-(\d{1,10})-[A-Za-z0-9]{6}$/;

export interface Scratch {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * A folder for what one build unpacks. Those of builders that have died, by kill -9 or a crash, are removed first: whose they
 * were stands in their names. A folder of a process that has the number of a dead one by now stays until that ends too.
 */
export async function makeScratch(
  parent: string = tmpdir(),
  isAlive: (pid: number) => boolean = isRunning,
): Promise<Scratch> {
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    const pid = Number(NAME.exec(name)?.[1] ?? 0);
    // Somebody else's cannot be removed, and is not ours to mind.
    if (pid > 0 && !isAlive(pid)) await rm(path.join(parent, name), { recursive: true, force: true }).catch(() => null);
  }
  const folder = await mkdtemp(path.join(parent, `${PREFIX}${process.pid}-`));
  return { path: folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (caught) {
    return caught instanceof Error && 'code' in caught && caught.code === 'EPERM';
  }
}
