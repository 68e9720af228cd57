import { createHash } from 'node:crypto';
import { STATE_PIECE_BYTES } from '../shared/bulk/resources.ts';
import { PAGE_BYTES } from '../shared/bulk/state-plan.ts';
import { savedFiles } from '../machine/saved-files.ts';
import { decodeStateBytes } from '../machine/state-decoder.ts';
import type { FileChanges } from '../shared/model/file-changes.ts';
import type { StateId } from '../shared/model/ids.ts';
import type { ScreenPreview, StateManifest } from '../shared/model/state.ts';
import { FailureError } from '../shared/result.ts';
import { compareFiles, fileMarks, type FileMark } from './compare-files.ts';
import { HASH_BYTES } from './pages/pack-format.ts';
import { isZeroPage, wholePage } from './pages/whole-page.ts';
import { planOfPieces, type FileData } from './single-file-state.ts';
import type {
  ManifestChanges,
  PageGarbage,
  StateCheck,
  StateDraft,
  StateListing,
  StateLoad,
  StateName,
  StatePages,
  StateStore,
  StateUsage,
  StateWriter,
} from './state-store.ts';
import { sum } from './sum.ts';

interface Kept {
  readonly manifest: StateManifest;
  readonly data: FileData;
  readonly pieces: readonly Uint8Array[];
  readonly screen: ScreenPreview | null;
}

/** States in memory: for machines that are to leave nothing behind, and as the model of the file store in tests. */
export class MemoryStateStore implements StateStore {
  private async fileMarks(manifest: StateManifest): Promise<Map<string, FileMark>> {
    const { content, tree } = await decodeStateBytes(this.read(manifest));
    return fileMarks(savedFiles(tree, content));
  }

  private readonly states = new Map<StateId, Kept>();

  /** A crash leaves nothing of what was in memory. */
  removeUnfinished(): Promise<number> {
    return Promise.resolve(0);
  }

  create({ screen, ...draft }: StateDraft): Promise<StateWriter> {
    const pieces: Uint8Array[] = [];
    let sizeBytes = 0;
    return Promise.resolve({
      write: (piece) => {
        const badSize = piece.byteLength === 0 || piece.byteLength > STATE_PIECE_BYTES;
        if (badSize || sizeBytes % STATE_PIECE_BYTES !== 0) {
          return Promise.reject(new FailureError('bad-input', 'A state must arrive in whole pieces.'));
        }
        pieces.push(piece.slice());
        sizeBytes += piece.byteLength;
        return Promise.resolve();
      },
      commit: () => {
        const pieceSha256 = pieces.map((piece) => sha256(piece).toString('hex'));
        const data = { layout: 'file', pieceBytes: STATE_PIECE_BYTES, pieceSha256 } as const;
        const manifest: StateManifest = { ...draft, sizeBytes, data };
        this.states.set(draft.id, { manifest, data, pieces, screen });
        return Promise.resolve(manifest);
      },
      abort: () => {
        pieces.length = 0;
        return Promise.resolve();
      },
    });
  }

  list(): Promise<StateListing> {
    const states = [...this.states.values()].map(({ manifest }) => manifest);
    states.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
    return Promise.resolve({ states, damaged: [] });
  }

  names(): Promise<readonly StateName[]> {
    return Promise.resolve([...this.states.values()].map(({ manifest: { id, kind, name } }) => ({ id, kind, name })));
  }

  async get(id: StateId): Promise<StateManifest> {
    return (await this.kept(id)).manifest;
  }

  async screen(id: StateId): Promise<ScreenPreview | null> {
    return (await this.kept(id)).screen;
  }

  async load({ id }: StateManifest): Promise<StateLoad> {
    const { manifest, data } = await this.kept(id);
    return { plan: planOfPieces(manifest.sizeBytes, data), pieces: this.read(manifest) };
  }

  async *read({ id }: StateManifest): AsyncGenerator<Uint8Array, void, void> {
    for (const piece of (await this.kept(id)).pieces) yield piece.slice();
  }

  async pages({ id }: StateManifest): Promise<StatePages> {
    const { manifest, pieces } = await this.kept(id);
    const pageCount = Math.ceil(manifest.sizeBytes / PAGE_BYTES);
    const page = (index: number): Uint8Array => {
      const offset = index * PAGE_BYTES;
      const piece = pieces[Math.floor(offset / STATE_PIECE_BYTES)] ?? new Uint8Array(0);
      return wholePage(piece, offset % STATE_PIECE_BYTES).slice();
    };
    const hashes = new Uint8Array(pageCount * HASH_BYTES);
    for (let index = 0; index < pageCount; index += 1) {
      const bytes = page(index);
      if (!isZeroPage(bytes)) hashes.set(sha256(bytes), index * HASH_BYTES);
    }
    return {
      pageCount,
      hashes,
      read: (index) => Promise.resolve(page(index)),
      close: () => Promise.resolve(),
    };
  }

  async compareFiles(before: StateManifest, after: StateManifest): Promise<FileChanges> {
    const [old, now] = [await this.fileMarks(before), await this.fileMarks(after)];
    return compareFiles(old, now);
  }

  collect(): Promise<PageGarbage> {
    return Promise.resolve({ freedBytes: 0, kept: [] });
  }

  async usage(): Promise<StateUsage> {
    const uniqueBytes = new Map([...this.states].map(([id, { manifest }]) => [id, manifest.sizeBytes]));
    return { storedBytes: await this.storedBytes(), unneededBytes: 0, uniqueBytes };
  }

  storedBytes(): Promise<number> {
    return Promise.resolve(sum([...this.states.values()], ({ manifest }) => manifest.sizeBytes));
  }

  /** Memory is what it is. */
  async check(_only: StateManifest | null, tell: (bytes: number) => void): Promise<StateCheck> {
    const readBytes = await this.storedBytes();
    tell(readBytes);
    return { readBytes, faults: new Map() };
  }

  async update(id: StateId, changes: ManifestChanges): Promise<StateManifest> {
    const kept = await this.kept(id);
    const manifest = { ...kept.manifest, ...changes };
    this.states.set(id, { ...kept, manifest });
    return manifest;
  }

  remove(id: StateId): Promise<void> {
    this.states.delete(id);
    return Promise.resolve();
  }

  private kept(id: StateId): Promise<Kept> {
    const kept = this.states.get(id);
    if (kept) return Promise.resolve(kept);
    return Promise.reject(new FailureError('not-found', `The saved state ${id} does not exist any more.`));
  }
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
