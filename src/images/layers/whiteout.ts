import type { FsTree } from '../fs-tree.ts';
import { refused } from '../tar/refusal.ts';
import type { TarMember } from '../tar/tar-reader.ts';
import type { TreeFiller } from '../tree-filler.ts';

/* OCI image specification, “Whiteouts”: a file `.wh.NAME` takes NAME of the layers below away, `.wh..wh..opq` all of its folder. */

const PREFIX = '.wh.';
const OPAQUE = '.wh..wh..opq';
/** What AUFS kept for itself in layers: `.wh..wh.plnk` and the like, with all below. */
const AUFS_PREFIX = '.wh..wh.';

export type LayerEntry =
  | { readonly kind: 'member' }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'opaque'; readonly folder: string }
  | { readonly kind: 'whiteout'; readonly path: string };

/** What an entry of a layer means, by its name. @throws FailureError for a whiteout of nothing, of `.` or of `..` */
export function parseLayerEntry(name: string): LayerEntry {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  const last = parts.pop() ?? '';
  if (last === OPAQUE) return { kind: 'opaque', folder: parts.join('/') };
  if ([...parts, last].some((part) => part.startsWith(AUFS_PREFIX))) return { kind: 'ignored' };
  if (!last.startsWith(PREFIX)) return { kind: 'member' };
  const gone = last.slice(PREFIX.length);
  if (gone === '' || gone === '.' || gone === '..') throw refused(name, 'it takes away what is no file’s name');
  return { kind: 'whiteout', path: [...parts, gone].join('/') };
}

export async function layMember(tree: FsTree, filler: TreeFiller, member: TarMember): Promise<void> {
  const entry = parseLayerEntry(member.name);
  switch (entry.kind) {
    case 'member':
      return filler.add(member);
    case 'opaque':
      return tree.hideBelow(entry.folder);
    case 'whiteout':
      return tree.hide(entry.path);
    case 'ignored':
      return;
  }
}
