import { randomBytes } from 'node:crypto';
import { Library } from '../library/library.ts';
import { dataFolder } from '../library/paths.ts';

/**
 * Opens the library that the app and the command share.
 * @param pageWorker the program that writes states (LibraryDependencies)
 * @param home its folder; `TERRARIUM_HOME` or the platform's usual place unless given
 */
export function openLibrary(
  pageWorker: string,
  home: string = dataFolder(process.env, process.platform),
): Promise<Library> {
  return Library.join(home, { now: Date.now, randomBytes: (count) => randomBytes(count), pageWorker });
}
