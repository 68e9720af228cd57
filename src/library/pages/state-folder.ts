import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { parseStateId, type StateId } from '../../shared/model/ids.ts';
import { screenPreview } from '../../shared/model/screen-preview.ts';
import type { ScreenPreview, StateManifest } from '../../shared/model/state.ts';
import { FailureError } from '../../shared/result.ts';
import { errorCode, storageFailure, syncFolder, UNFINISHED_PREFIX } from '../durable.ts';
import { parseStateManifest } from '../schemas.ts';
import { readSealed, seal, writeSealed } from '../sealed-json.ts';
import { decodePageMap, encodePageMap, type PageMap } from './page-map.ts';

const MANIFEST = 'manifest.json';
const MAP = 'pages.map';
const SCREEN = 'screen.json';
/** Manifests name the format they are written in. */
const FORMAT = 2;

/** What a state is called in sentences. */
export function stateTitle(manifest: Pick<StateManifest, 'name' | 'vmName'>): string {
  return manifest.name || manifest.vmName;
}

/** The folder with a folder for each state: `manifest.json`, `pages.map`, `screen.json`. */
export class StateFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Where the container of a state lies that was saved as one file. */
  dataFile(id: StateId): string {
    return join(this.path, id, 'state.bin');
  }

  manifestFile(id: StateId): string {
    return join(this.path, id, MANIFEST);
  }

  async ids(): Promise<StateId[]> {
    const names = await readdir(this.path).catch((cause: unknown) => {
      // A library that was never written to.
      if (errorCode(cause) === 'ENOENT') return [];
      throw cause;
    });
    return names.flatMap((name) => {
      const id = parseStateId(name);
      return id.ok ? [id.value] : [];
    });
  }

  /**
   * Writes a state's folder. It appears whole: until the rename nothing is there, after it everything is durable.
   * @returns the manifest, with what follows from the map
   */
  async add(
    manifest: Omit<StateManifest, 'data' | 'sizeBytes'>,
    map: PageMap,
    packBytes: number,
    screen: ScreenPreview | null,
  ): Promise<StateManifest> {
    const unfinished = join(this.path, UNFINISHED_PREFIX + manifest.id);
    const mapBytes = encodePageMap(map);
    const finished: StateManifest = {
      ...manifest,
      sizeBytes: map.sizeBytes,
      data: {
        layout: 'pages',
        newBytes: packBytes + mapBytes.byteLength,
        mapBytes: mapBytes.byteLength,
        mapSha256: sha256Hex(mapBytes),
      },
    };
    const folder = join(this.path, manifest.id);
    let isNamed = false;
    try {
      await mkdir(unfinished, { recursive: true });
      await writeFile(join(unfinished, MAP), mapBytes, { flag: 'wx', flush: true });
      if (screen) await writeFile(join(unfinished, SCREEN), seal(screen), { flag: 'wx', flush: true });
      await writeFile(join(unfinished, MANIFEST), seal({ format: FORMAT, ...finished }), { flag: 'wx', flush: true });
      await syncFolder(unfinished);
      await rename(unfinished, folder);
      isNamed = true;
      await syncFolder(this.path);
      return finished;
    } catch (cause) {
      // Also when its name is there but may not be durable: who is told that it was not saved must not find it.
      await rm(isNamed ? folder : unfinished, { recursive: true, force: true });
      throw cause;
    }
  }

  async manifest(id: StateId): Promise<StateManifest> {
    const value = await readSealed(this.manifestFile(id), what(id));
    if (value === null) {
      // A state comes and goes by a rename of its folder, so a folder without a manifest has lost it.
      if (await isThere(join(this.path, id))) {
        throw new FailureError('damaged', `${what(id)} has lost its description on disk and was not loaded.`);
      }
      throw new FailureError('not-found', `${what(id)} does not exist any more.`);
    }
    return checkedManifest(value, id);
  }

  async replaceManifest(manifest: StateManifest): Promise<void> {
    await writeSealed(this.manifestFile(manifest.id), { format: FORMAT, ...manifest });
  }

  /** @throws FailureError `damaged` */
  async map(manifest: StateManifest): Promise<PageMap> {
    if (manifest.data.layout !== 'pages') throw new Error('a state in one file has no page map');
    let bytes: Buffer;
    try {
      bytes = await readFile(join(this.path, manifest.id, MAP));
    } catch (cause) {
      if (errorCode(cause) === 'ENOENT') throw damagedState(manifest, 'has lost its page map', cause);
      throw new FailureError('io', `The page map of “${stateTitle(manifest)}” could not be read from disk.`, { cause });
    }
    if (sha256Hex(bytes) !== manifest.data.mapSha256) throw damagedState(manifest, 'has a damaged page map');
    const map = decodePageMap(bytes);
    if (map.sizeBytes !== manifest.sizeBytes) throw damagedState(manifest, 'has the page map of another state');
    return map;
  }

  async screen(id: StateId): Promise<ScreenPreview | null> {
    const screen = v.safeParse(
      v.nullable(screenPreview),
      await readSealed(join(this.path, id, SCREEN), `The picture of ${id}`),
    );
    if (screen.success) return screen.output;
    throw new FailureError('damaged', `The picture of ${id} is damaged on disk.`);
  }

  async remove(id: StateId): Promise<void> {
    // Renamed first: a crash in the middle leaves an unfinished folder, not half a state.
    const doomed = join(this.path, `${UNFINISHED_PREFIX}removed-${id}`);
    try {
      await rename(join(this.path, id), doomed);
    } catch (cause) {
      if (errorCode(cause) === 'ENOENT') return;
      throw storageFailure(cause, 'The state was not deleted');
    }
    await syncFolder(this.path);
    await rm(doomed, { recursive: true, force: true });
  }

  /** What a crash left. @returns how many states were not finished */
  async removeUnfinished(): Promise<number> {
    await mkdir(this.path, { recursive: true });
    const entries = await readdir(this.path, { withFileTypes: true });
    const unfinished = entries.filter(({ name }) => name.startsWith(UNFINISHED_PREFIX));
    for (const { name } of unfinished) await rm(join(this.path, name), { recursive: true, force: true });
    for (const entry of entries) {
      if (!entry.isDirectory() || !parseStateId(entry.name).ok) continue;
      // A manifest that was being replaced.
      for (const file of await readdir(join(this.path, entry.name))) {
        if (file.includes(UNFINISHED_PREFIX)) await rm(join(this.path, entry.name, file), { force: true });
      }
    }
    return unfinished.length;
  }
}

/** @throws FailureError `damaged` */
export function checkedManifest(value: unknown, id: StateId): StateManifest {
  const manifest = parseStateManifest(value, what(id));
  if (manifest.id === id) return manifest;
  throw new FailureError('damaged', `${what(id)} is damaged on disk (it lies in the wrong folder).`);
}

/** @param how goes on after the state's name: “has lost its page map” */
export function damagedState(manifest: StateManifest, how: string, cause?: unknown): FailureError {
  return new FailureError(
    'damaged',
    `“${stateTitle(manifest)}” ${how} and cannot be loaded. Other snapshots are untouched.`,
    { cause },
  );
}

function what(id: StateId): string {
  return `The saved state ${id}`;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return false;
    throw new FailureError('io', 'A saved state could not be read from disk.', { cause });
  }
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
