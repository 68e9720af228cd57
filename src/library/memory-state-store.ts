import { createHash } from 'node:crypto';
import { STATE_PIECE_BYTES } from '../shared/bulk/resources.ts';
import type { StateId } from '../shared/model/ids.ts';
import type { StateManifest } from '../shared/model/state.ts';
import { FailureError } from '../shared/result.ts';
import type { StateDraft, StateListing, StateName, StateStore, StateWriter } from './state-store.ts';

/** States in memory: for machines that are to leave nothing behind, and as the model of the file store in tests. */
export class MemoryStateStore implements StateStore {
  private readonly states = new Map<StateId, { manifest: StateManifest; pieces: readonly Uint8Array[] }>();

  /** A crash leaves nothing of what was in memory. */
  removeUnfinished(): Promise<number> {
    return Promise.resolve(0);
  }

  create(draft: StateDraft): Promise<StateWriter> {
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
        const pieceSha256 = pieces.map((piece) => createHash('sha256').update(piece).digest('hex'));
        const manifest: StateManifest = { format: 1, ...draft, sizeBytes, pieceBytes: STATE_PIECE_BYTES, pieceSha256 };
        this.states.set(draft.id, { manifest, pieces });
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

  get(id: StateId): Promise<StateManifest> {
    const state = this.states.get(id);
    if (state) return Promise.resolve(state.manifest);
    return Promise.reject(new FailureError('not-found', `The saved state ${id} does not exist any more.`));
  }

  async *read(manifest: StateManifest): AsyncGenerator<Uint8Array, void, void> {
    await this.get(manifest.id);
    for (const piece of this.states.get(manifest.id)?.pieces ?? []) yield piece.slice();
  }

  async rename(id: StateId, name: string): Promise<StateManifest> {
    const manifest = { ...(await this.get(id)), name };
    this.states.set(id, { manifest, pieces: this.states.get(id)?.pieces ?? [] });
    return manifest;
  }

  remove(id: StateId): Promise<void> {
    this.states.delete(id);
    return Promise.resolve();
  }
}
