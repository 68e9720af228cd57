import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SavedFile } from '../machine/saved-files.ts';
import { compareFiles, fileMarks } from './compare-files.ts';

function file(path: string, text: string, more: Partial<SavedFile> = {}): SavedFile {
  const bytes = new TextEncoder().encode(text);
  const content = { kind: 'written', bytes } as const;
  const base = { kind: 'file', mode: 0o644, uid: 0, gid: 0, modifiedAtS: 1, target: '', linkOf: null } as const;
  return { path, ...base, sizeBytes: bytes.byteLength, content, ...more };
}
const compare = (before: SavedFile[], after: SavedFile[]) => compareFiles(fileMarks(before), fileMarks(after));
const SHA_OF_A = createHash('sha256').update('a').digest('hex');

describe('the files of two snapshots', () => {
  it('are told apart by content, mode, owner, kind and target, not by times', () => {
    const before = [file('a', 'a'), file('b', 'b'), file('c', 'c'), file('d', 'd'), file('gone', ''), file('t', 't')];
    const after = [
      file('a', 'A'),
      file('b', 'b', { mode: 0o755 }),
      file('c', 'c', { uid: 5 }),
      file('d', '', { kind: 'symlink', target: 'a', content: null }),
      file('new', '12'),
      file('t', 't', { modifiedAtS: 99 }),
    ];
    const { changes, ...counts } = compare(before, after);
    expect(changes.map(({ path, change, differs }) => [path, change, ...differs])).toEqual([
      ['a', 'changed', 'content'],
      ['b', 'changed', 'mode'],
      ['c', 'changed', 'owner'],
      ['d', 'changed', 'kind'],
      ['gone', 'removed'],
      ['new', 'added'],
    ]);
    expect(counts).toEqual({ addedCount: 1, removedCount: 1, changedCount: 4 });
    expect(changes.at(-1)).toMatchObject({ sizeBefore: null, sizeAfter: 2 });
  });

  it('are equal where one has a file of the image and the other the same bytes, written', () => {
    const image = file('a', '', { sizeBytes: 1, content: { kind: 'image', sha256: SHA_OF_A } });
    expect(compare([image], [file('a', 'a')]).changes).toEqual([]);
  });

  it('differ the other way round when they are compared the other way round', () => {
    const files = fc.uniqueArray(
      fc.record({ path: fc.string({ minLength: 1, maxLength: 3 }), text: fc.string({ maxLength: 2 }) }),
      { selector: ({ path }) => path, maxLength: 20 },
    );
    fc.assert(
      fc.property(files, files, (a, b) => {
        const [before, after] = [a, b].map((list) => list.map(({ path, text }) => file(path, text)));
        const there = compare(before ?? [], after ?? []);
        const back = compare(after ?? [], before ?? []);
        expect(back.addedCount).toBe(there.removedCount);
        expect(back.changedCount).toBe(there.changedCount);
        expect(back.changes.map(({ path }) => path)).toEqual(there.changes.map(({ path }) => path));
        expect(compare(before ?? [], before ?? []).changes).toEqual([]);
      }),
    );
  });
});
