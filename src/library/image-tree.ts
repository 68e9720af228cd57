import type { BlobRef } from '../shared/model/image.ts';

/** The type of a symlink in the upper bits of its mode, see inode(7). */
const SYMLINK = 0o12;

/**
 * Every file with content in an image's list of files (v86's `fs.json`), which may come from somebody else. However deep
 * it is, it is walked without recursion.
 * @throws SyntaxError for what is no JSON
 */
export function blobsOfTree(fsJson: Uint8Array): readonly BlobRef[] {
  const tree: unknown = JSON.parse(Buffer.from(fsJson).toString('utf8'));
  const found: BlobRef[] = [];
  const open: unknown[] = [];
  if (typeof tree === 'object' && tree !== null && 'fsroot' in tree && Array.isArray(tree.fsroot))
    open.push(tree.fsroot);
  for (let nodes = open.pop(); nodes !== undefined; nodes = open.pop()) {
    if (!Array.isArray(nodes)) continue;
    for (const node of nodes as readonly unknown[]) {
      if (!Array.isArray(node)) continue;
      const content: unknown = node[6];
      if (Array.isArray(content)) open.push(content);
      // What a symlink leads to stands in the same place.
      else if (Number(node[3]) >> 12 !== SYMLINK && typeof content === 'string' && /^[0-9a-f]{64}$/.test(content)) {
        found.push({ sha256: content, sizeBytes: Number(node[1]) || 0 });
      }
    }
  }
  return found;
}
