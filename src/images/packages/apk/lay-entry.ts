import type { BlobRef } from '../../../shared/model/image.ts';
import type { FsTree } from '../../fs-tree.ts';
import type { PackageEntry } from './package-file.ts';

/** Lays one entry of a package into a root file system. @param path where, if not where the package has it */
export async function layEntry(
  tree: FsTree,
  entry: PackageEntry,
  keep: (bytes: Uint8Array) => Promise<BlobRef>,
  path = entry.path,
): Promise<void> {
  if (entry.kind === 'directory') tree.addDirectory(path, entry.meta);
  else if (entry.kind === 'file') tree.addFile(path, entry.meta, await keep(entry.content));
  else if (entry.kind === 'symlink') tree.addSymlink(path, entry.meta, entry.target);
  else tree.addHardLink(path, entry.target.replace(/^(?:\.?\/)+/, ''));
}
