/** What of a file differs between two snapshots. */
export type FileDifference = 'kind' | 'content' | 'mode' | 'owner' | 'target';

/** A file that only one of two snapshots has, or that differs in them. */
export interface FileChange {
  /** From the root on, without a slash in front; as the guest named it. */
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  /** Null on the side where it is not there. */
  readonly sizeBefore: number | null;
  readonly sizeAfter: number | null;
  /** Empty for what only one of them has. */
  readonly differs: readonly FileDifference[];
}

export interface FileChanges {
  /** By path, the first {@link FILE_CHANGES_MAX}. */
  readonly changes: readonly FileChange[];
  readonly addedCount: number;
  readonly removedCount: number;
  readonly changedCount: number;
}

/** More than these are counted, not listed. */
export const FILE_CHANGES_MAX = 20_000;
