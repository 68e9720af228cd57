import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StateManifest } from '../../shared/model/state.ts';
import { FailureError } from '../../shared/result.ts';
import { errorCode } from '../durable.ts';
import { isGone } from '../is-gone.ts';
import { GLANCES_AT_ONCE, listStates } from './list-states.ts';
import type { PackTables } from './pack-format.ts';
import type { PackFolder, PackName } from './pack-folder.ts';
import type { PageMap } from './page-map.ts';
import { PageUses } from './page-uses.ts';
import type { StateFolder } from './state-folder.ts';

/** A pack that counts. */
export interface StoredPack {
  readonly name: PackName;
  /** Null when they are damaged. */
  readonly tables: PackTables | null;
  readonly fileBytes: number;
}

/** What all states need, and what there is. */
export interface Survey {
  readonly packs: readonly StoredPack[];
  readonly maps: readonly { readonly manifest: StateManifest; readonly map: PageMap }[];
  readonly uses: PageUses;
  /** Sentences about states of which it is not known what they need. */
  readonly unread: readonly string[];
  /** States that are kept as one file. */
  readonly singleFiles: readonly StateManifest[];
}

export async function surveyPages(folder: StateFolder, packFolder: PackFolder): Promise<Survey> {
  const { states, damaged } = await listStates(folder);
  const uses = new PageUses();
  const unread = damaged.map(({ reason }) => reason);
  const maps: { manifest: StateManifest; map: PageMap }[] = [];
  for (const manifest of states) {
    if (manifest.data.layout === 'file') continue;
    try {
      const map = await folder.map(manifest);
      uses.add(map);
      maps.push({ manifest, map });
    } catch (cause) {
      if (!(cause instanceof FailureError)) throw cause;
      // One that was deleted meanwhile needs nothing.
      if (!(await isGone(folder.manifest(manifest.id)))) unread.push(cause.message);
    }
  }
  const packs: StoredPack[] = [];
  for (const [index, name] of (await packFolder.list()).packs.entries()) {
    if (index % GLANCES_AT_ONCE === 0) await nextTurn();
    const pack = await storedPack(packFolder, name);
    if (pack) packs.push(pack);
  }
  return { packs, maps, uses, unread, singleFiles: states.filter(({ data }) => data.layout === 'file') };
}

/** @returns null for one that cannot be judged: it is left alone, and named when the library is verified */
async function storedPack(folder: PackFolder, name: PackName): Promise<StoredPack | null> {
  try {
    const tables = folder.tablesSync(name);
    return { name, tables, fileBytes: tables.fileBytes };
  } catch (cause) {
    // What a newer Terrarium wrote is not damaged.
    const isDamaged = cause instanceof FailureError && cause.code === 'damaged';
    if (isDamaged) return { name, tables: null, fileBytes: await folder.fileBytes(name) };
    if (errorCode(cause) === null) throw cause;
    return null;
  }
}
