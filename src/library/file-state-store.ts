import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as v from 'valibot';
import { STATE_PIECE_BYTES } from '../shared/bulk/resources.ts';
import { parseStateId, type StateId } from '../shared/model/ids.ts';
import type { StateManifest } from '../shared/model/state.ts';
import { FailureError } from '../shared/result.ts';
import { errorCode, storageFailure, syncFolder, UNFINISHED_PREFIX, writeAll } from './durable.ts';
import { mapAtOnce } from './map-at-once.ts';
import { parseStateManifest } from './schemas.ts';
import { readSealed, writeSealed } from './sealed-json.ts';
import type { StateDraft, StateListing, StateName, StateStore, StateWriter } from './state-store.ts';

const MANIFEST = 'manifest.json';
const DATA = 'state.bin';
const NOT_SAVED = 'The state was not saved';

/** Enough for a disk's queue; each holds a file open. */
const READS_AT_ONCE = 32;
/**
 * A small file is read at once in a tenth of the time it takes on the platform's threads, and every start of the
 * command looks through all of them. So many are read in a millisecond, then others have their turn.
 */
const GLANCES_AT_ONCE = 50;
/** What a name is worth reading for. The rest, and whether it is whole, is not looked at. */
const glanceSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ value: v.object({ kind: v.picklist(['base', 'head', 'snapshot']), name: v.string() }) }),
);

/**
 * One folder a state: `state.bin` (the container of src/machine/state-codec.ts) and
 * `manifest.json`, sealed. A state is written to a folder whose name marks it as unfinished,
 * synced, and renamed last, so it appears whole or not at all.
 */
export class FileStateStore implements StateStore {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  async removeUnfinished(): Promise<number> {
    await mkdir(this.folder, { recursive: true });
    const unfinished = (await readdir(this.folder)).filter((name) => name.startsWith(UNFINISHED_PREFIX));
    for (const name of unfinished) await rm(join(this.folder, name), { recursive: true, force: true });
    await this.removeUnfinishedManifests();
    return unfinished.length;
  }

  async create(draft: StateDraft): Promise<StateWriter> {
    const unfinished = join(this.folder, UNFINISHED_PREFIX + draft.id);
    try {
      await mkdir(unfinished, { recursive: true });
      const file = await open(join(unfinished, DATA), 'wx');
      return new FileStateWriter(file, draft, unfinished, this.folder);
    } catch (cause) {
      await rm(unfinished, { recursive: true, force: true });
      throw storageFailure(cause, NOT_SAVED);
    }
  }

  async list(): Promise<StateListing> {
    const found = await mapAtOnce(await this.ids(), READS_AT_ONCE, async (id) => {
      try {
        return { state: await this.get(id) };
      } catch (cause) {
        if (!(cause instanceof FailureError)) throw cause;
        // Removed since the folder was listed.
        return cause.code === 'not-found' ? {} : { damage: { id, reason: cause.message } };
      }
    });
    const states = found.flatMap(({ state }) => (state ? [state] : []));
    states.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
    return { states, damaged: found.flatMap(({ damage }) => (damage ? [damage] : [])) };
  }

  async names(): Promise<readonly StateName[]> {
    const found: StateName[] = [];
    for (const [index, id] of (await this.ids()).entries()) {
      if (index % GLANCES_AT_ONCE === 0 && index > 0) await nextTurn();
      const name = this.glance(id);
      if (name !== null) found.push(name);
    }
    return found;
  }

  async get(id: StateId): Promise<StateManifest> {
    const what = `The saved state ${id}`;
    const value = await readSealed(join(this.folder, id, MANIFEST), what);
    if (value === null) {
      // A state comes and goes by a rename of its folder, so a folder without a manifest has lost it.
      if (await isThere(join(this.folder, id))) {
        throw new FailureError('damaged', `${what} has lost its description on disk and was not loaded.`);
      }
      throw new FailureError('not-found', `${what} does not exist any more.`);
    }
    const manifest = parseStateManifest(value, what);
    if (manifest.id !== id)
      throw new FailureError('damaged', `${what} is damaged on disk (it lies in the wrong folder).`);
    return manifest;
  }

  async *read(manifest: StateManifest): AsyncGenerator<Uint8Array, void, void> {
    let file: FileHandle;
    try {
      file = await open(join(this.folder, manifest.id, DATA), 'r');
    } catch (cause) {
      throw new FailureError(
        'damaged',
        `“${manifest.name || manifest.vmName}” has lost its data file and cannot be loaded. Other snapshots are untouched.`,
        { cause },
      );
    }
    try {
      for (let offset = 0; offset < manifest.sizeBytes; offset += manifest.pieceBytes) {
        const piece = new Uint8Array(Math.min(manifest.pieceBytes, manifest.sizeBytes - offset));
        const { bytesRead } = await file.read(piece, 0, piece.byteLength, offset);
        if (bytesRead < piece.byteLength) {
          throw new FailureError(
            'damaged',
            `“${manifest.name || manifest.vmName}” is cut short on disk and cannot be loaded. Other snapshots are untouched.`,
          );
        }
        yield piece;
      }
    } finally {
      await file.close();
    }
  }

  async rename(id: StateId, name: string): Promise<StateManifest> {
    const manifest: StateManifest = { ...(await this.get(id)), name };
    await writeSealed(join(this.folder, id, MANIFEST), manifest);
    return manifest;
  }

  async remove(id: StateId): Promise<void> {
    // Renamed first: a crash in the middle leaves an unfinished folder, not half a state.
    const doomed = join(this.folder, `${UNFINISHED_PREFIX}removed-${id}`);
    try {
      await rename(join(this.folder, id), doomed);
    } catch (cause) {
      if (errorCode(cause) === 'ENOENT') return;
      throw storageFailure(cause, 'The state was not deleted');
    }
    await syncFolder(this.folder);
    await rm(doomed, { recursive: true, force: true });
  }

  private glance(id: StateId): StateName | null {
    try {
      const glance = v.safeParse(glanceSchema, readFileSync(join(this.folder, id, MANIFEST), 'utf8'));
      return glance.success ? { id, ...glance.output.value } : null;
    } catch (cause) {
      // Removed since the folder was listed, or not to be read: who needs it is told by `get`.
      if (errorCode(cause) === null) throw cause;
      return null;
    }
  }

  private async ids(): Promise<StateId[]> {
    const names = await readdir(this.folder).catch((cause: unknown) => {
      // A library that was never written to.
      if (errorCode(cause) === 'ENOENT') return [];
      throw cause;
    });
    return names.flatMap((name) => {
      const id = parseStateId(name);
      return id.ok ? [id.value] : [];
    });
  }

  /** What a crash left of a manifest that was being replaced (a rename). */
  private async removeUnfinishedManifests(): Promise<void> {
    for (const entry of await readdir(this.folder, { withFileTypes: true })) {
      if (!entry.isDirectory() || !parseStateId(entry.name).ok) continue;
      for (const file of await readdir(join(this.folder, entry.name))) {
        if (file.includes(UNFINISHED_PREFIX)) await rm(join(this.folder, entry.name, file), { force: true });
      }
    }
  }
}

class FileStateWriter implements StateWriter {
  private readonly file: FileHandle;
  private readonly draft: StateDraft;
  private readonly unfinished: string;
  private readonly folder: string;
  private readonly hashes: Promise<string>[] = [];
  private sizeBytes = 0;
  /** True after a write that failed. */
  private hasHole = false;
  private ended = false;

  constructor(file: FileHandle, draft: StateDraft, unfinished: string, folder: string) {
    this.file = file;
    this.draft = draft;
    this.unfinished = unfinished;
    this.folder = folder;
  }

  async write(piece: Uint8Array): Promise<void> {
    const badSize = piece.byteLength === 0 || piece.byteLength > STATE_PIECE_BYTES;
    if (badSize || this.sizeBytes % STATE_PIECE_BYTES !== 0) {
      throw new FailureError('bad-input', 'A state must arrive in whole pieces.');
    }
    const position = this.sizeBytes;
    this.sizeBytes += piece.byteLength;
    // Hashed on the platform's threads while the piece is written.
    this.hashes.push(sha256Hex(piece));
    try {
      await writeAll(this.file, piece, position, NOT_SAVED);
    } catch (cause) {
      this.hasHole = true;
      throw storageFailure(cause, NOT_SAVED);
    }
  }

  async commit(): Promise<StateManifest> {
    const manifest: StateManifest = {
      format: 1,
      ...this.draft,
      sizeBytes: this.sizeBytes,
      pieceBytes: STATE_PIECE_BYTES,
      pieceSha256: await Promise.all(this.hashes),
    };
    try {
      if (this.hasHole) {
        throw new FailureError(
          'io',
          `${NOT_SAVED}: a part of it could not be written. Everything saved before is untouched.`,
        );
      }
      await this.file.sync();
      await this.checkSize();
      await this.end();
      await writeSealed(join(this.unfinished, MANIFEST), manifest);
      await rename(this.unfinished, join(this.folder, this.draft.id));
      await syncFolder(this.folder);
    } catch (cause) {
      await this.abort();
      throw storageFailure(cause, NOT_SAVED);
    }
    return manifest;
  }

  async abort(): Promise<void> {
    await this.end();
    await rm(this.unfinished, { recursive: true, force: true });
  }

  /** The manifest vouches for the data, so the data is measured before it is written. */
  private async checkSize(): Promise<void> {
    const { size } = await this.file.stat();
    if (size === this.sizeBytes) return;
    throw new FailureError(
      'io',
      `${NOT_SAVED}: its file has ${size} bytes on disk instead of ${this.sizeBytes}. Everything saved before is untouched. Check the disk, then try again.`,
    );
  }

  private async end(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    await this.file.close();
  }
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

async function sha256Hex(bytes: Uint8Array): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('hex');
}
