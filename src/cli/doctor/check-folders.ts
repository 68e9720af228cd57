import { constants } from 'node:fs';
import { access, mkdir, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { sizeText } from '../terminal/units.ts';
import { problem, warning, well, type Check, type Finding } from './finding.ts';

/** A machine of ordinary size, suspended, with room for the next state beside it. */
const FREE_MIN_BYTES = 500e6;
/** An image of the recipe debian being built takes about this. */
const FREE_WISHED_BYTES = 3e9;

/** The folders Terrarium writes to: the library and the cache. */
export const checkFolders: Check = async ({ places }) => [
  ...(await checkFolder('library', 'The library', places.home, 'TERRARIUM_HOME')),
  ...(await checkFolder('cache', 'The cache', places.cacheRoot, 'TERRARIUM_CACHE')),
];

async function checkFolder(check: string, what: string, folder: string, variable: string): Promise<readonly Finding[]> {
  const found = await stat(folder).catch(() => null);
  if (found === null) {
    const advice = 'It is made when it is first needed.';
    return [
      warning(check, `${what} does not exist yet (${folder}).`, advice, async () => {
        await mkdir(folder, { recursive: true });
        return `Made the folder ${folder}.`;
      }),
    ];
  }
  const elsewhere = `or set ${variable} to another folder`;
  if (!found.isDirectory()) {
    return [problem(check, `${folder} is no folder.`, `Move what is there out of the way, ${elsewhere}.`)];
  }
  const isUsable = await access(folder, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!isUsable) {
    const message = `${what} may not be read and written (${folder}).`;
    return [problem(check, message, `Correct its permissions, ${elsewhere}.`)];
  }
  return [freeSpace(check, what, folder, await freeBytes(folder), elsewhere)];
}

/** Judges what is free on the disk that a folder is on. */
export function freeSpace(check: string, what: string, folder: string, free: number, elsewhere: string): Finding {
  const message = `${what} is in ${folder}; ${sizeText(free)} are free there.`;
  if (free < FREE_MIN_BYTES) return problem(check, message, `No machine can be saved. Free some space, ${elsewhere}.`);
  if (free < FREE_WISHED_BYTES) {
    return warning(check, message, `That may not be enough for building an image. Free some space, ${elsewhere}.`);
  }
  return well(check, message);
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(path.resolve(folder));
  return bavail * bsize;
}
