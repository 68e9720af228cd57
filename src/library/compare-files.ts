import { createHash } from 'node:crypto';
import type { SavedFile } from '../machine/saved-files.ts';
import {
  FILE_CHANGES_MAX,
  type FileChange,
  type FileChanges,
  type FileDifference,
} from '../shared/model/file-changes.ts';

/** What is compared of a file. */
export type FileMark = Pick<SavedFile, 'kind' | 'mode' | 'uid' | 'gid' | 'sizeBytes' | 'target'> & {
  /** Of its bytes; null for what has none. */
  readonly sha256: string | null;
};

/** A machine's files by path. Written ones are hashed; the image's have their hash as a name. */
export function fileMarks(files: Iterable<SavedFile>): Map<string, FileMark> {
  const marks = new Map<string, FileMark>();
  for (const { path, kind, mode, uid, gid, sizeBytes, target, content } of files) {
    const sha256 =
      content === null
        ? null
        : content.kind === 'image'
          ? content.sha256
          : createHash('sha256').update(content.bytes).digest('hex');
    marks.set(path, { kind, mode, uid, gid, sizeBytes, target, sha256 });
  }
  return marks;
}

/** What changed from one machine's files to another's. Times alone are no change, nor is the size of a folder. */
export function compareFiles(before: ReadonlyMap<string, FileMark>, after: ReadonlyMap<string, FileMark>): FileChanges {
  const changes: FileChange[] = [];
  for (const [path, old] of before) {
    const now = after.get(path);
    if (!now) changes.push({ path, change: 'removed', kind: old.kind, ...sizes(old, null), differs: [] });
    else {
      const differs = differences(old, now);
      if (differs.length > 0) changes.push({ path, change: 'changed', kind: now.kind, ...sizes(old, now), differs });
    }
  }
  for (const [path, now] of after) {
    if (!before.has(path)) changes.push({ path, change: 'added', kind: now.kind, ...sizes(null, now), differs: [] });
  }
  changes.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const count = (which: FileChange['change']): number => changes.filter(({ change }) => change === which).length;
  return {
    changes: changes.slice(0, FILE_CHANGES_MAX),
    addedCount: count('added'),
    removedCount: count('removed'),
    changedCount: count('changed'),
  };
}

function differences(old: FileMark, now: FileMark): FileDifference[] {
  if (old.kind !== now.kind) return ['kind'];
  const found: FileDifference[] = [];
  if (old.sha256 !== now.sha256) found.push('content');
  if (old.target !== now.target) found.push('target');
  if (old.mode !== now.mode) found.push('mode');
  if (old.uid !== now.uid || old.gid !== now.gid) found.push('owner');
  return found;
}

function sizes(old: FileMark | null, now: FileMark | null): Pick<FileChange, 'sizeBefore' | 'sizeAfter'> {
  return { sizeBefore: old?.sizeBytes ?? null, sizeAfter: now?.sizeBytes ?? null };
}
