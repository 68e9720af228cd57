import type { StateId } from '../../shared/model/ids.ts';
import type { StateManifest } from '../../shared/model/state.ts';
import { FailureError } from '../../shared/result.ts';
import { readSingleFile } from '../single-file-state.ts';
import type { StateCheck } from '../state-store.ts';
import { loadZstd } from '../zstd.ts';
import { listStates } from './list-states.ts';
import { checkPack, type CheckedPack } from './pack-check.ts';
import type { PackFolder } from './pack-folder.ts';
import { BLOCK_PAGES, PACK_PAGES_MAX } from './pack-format.ts';
import { ZERO_PAGE, type PageMap } from './page-map.ts';
import { damagedState, stateTitle, type StateFolder } from './state-folder.ts';

/** Compares what states need with its hashes: each pack once, then which states need what is damaged. */
export async function checkStates(
  folder: StateFolder,
  packs: PackFolder,
  only: StateManifest | null,
  tell: (bytes: number) => void,
): Promise<StateCheck> {
  const faults = new Map<StateId, string>();
  const maps = new Map<StateManifest, PageMap>();
  let readBytes = 0;
  const count = (bytes: number): void => {
    readBytes += bytes;
    tell(bytes);
  };
  for (const manifest of only ? [only] : (await listStates(folder)).states) {
    if (!(await isPictureWhole(folder, manifest))) faults.set(manifest.id, damagedPicture(manifest));
    try {
      const { data } = manifest;
      if (data.layout === 'pages') maps.set(manifest, await folder.map(manifest));
      else {
        const pieces = readSingleFile(folder.dataFile(manifest.id), manifest, data);
        for await (const piece of pieces) count(piece.byteLength);
      }
    } catch (cause) {
      if (!(cause instanceof FailureError) || cause.code === 'cancelled') throw cause;
      faults.set(manifest.id, cause.message);
    }
  }
  const checked = await checkPacks(packs, only ? neededPacks(maps) : null, count);
  for (const [manifest, map] of maps) {
    const fault = mapFault(manifest, map, checked);
    if (fault !== null) faults.set(manifest.id, fault);
  }
  return { readBytes, faults };
}

async function isPictureWhole(folder: StateFolder, { id }: StateManifest): Promise<boolean> {
  try {
    await folder.screen(id);
    return true;
  } catch (cause) {
    if (cause instanceof FailureError) return false;
    throw cause;
  }
}

/** Said only of a state that has nothing worse. */
function damagedPicture(manifest: StateManifest): string {
  return `The picture of “${stateTitle(manifest)}” is damaged on disk. Everything else of it is whole, and it can be loaded.`;
}

async function checkPacks(
  folder: PackFolder,
  needed: ReadonlySet<string> | null,
  tell: (bytes: number) => void,
): Promise<ReadonlyMap<string, CheckedPack>> {
  const zstd = await loadZstd();
  const checked = new Map<string, CheckedPack>();
  for (const name of (await folder.list()).packs) {
    if (needed && !needed.has(name.id)) continue;
    checked.set(name.id, await checkPack(folder, name, zstd, tell));
  }
  return checked;
}

function neededPacks(maps: ReadonlyMap<StateManifest, PageMap>): Set<string> {
  return new Set([...maps.values()].flatMap(({ packs }) => packs));
}

/** @returns what is wrong with what a state needs, or null */
function mapFault(manifest: StateManifest, map: PageMap, checked: ReadonlyMap<string, CheckedPack>): string | null {
  let badPages = 0;
  for (const place of map.places) {
    if (place === ZERO_PAGE) continue;
    const pack = checked.get(map.packs[Math.floor(place / PACK_PAGES_MAX)] ?? '');
    const page = place % PACK_PAGES_MAX;
    const isThere = pack?.tables && page < pack.tables.pageCount && !pack.tables.isDropped(page);
    if (!isThere || pack.badBlocks.has(Math.floor(page / BLOCK_PAGES))) badPages += 1;
  }
  if (badPages === 0) return null;
  return damagedState(manifest, `is damaged on disk (${badPages} of its ${map.places.length} pages)`).message;
}
