import type { StateId } from '../shared/model/ids.ts';
import type { BlobStore } from './blob-store.ts';
import type { Claims } from './claims/claims.ts';
import type { ImageStore } from './image-store.ts';
import type { StateStore } from './state-store.ts';
import type { VmStore } from './vm-store.ts';

/** What a library is made of, for the parts of it that work on all of that. */
export interface LibraryParts {
  readonly blobs: BlobStore;
  readonly images: ImageStore;
  readonly states: StateStore;
  readonly vms: VmStore;
  readonly claims: Claims;
  /** Runs a change while nobody else changes the library, in this process or another. */
  readonly change: <T>(change: () => Promise<T>) => Promise<T>;
  readonly newStateId: () => StateId;
  /** The time now, as it is written into records. */
  readonly timestamp: () => string;
}
