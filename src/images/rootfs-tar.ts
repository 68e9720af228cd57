import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { extract, pack, type Header, type Pack } from 'tar-stream';
import type { BlobRef } from '../shared/model/image.ts';
import { FailureError } from '../shared/result.ts';
import { FsTree, type FileMeta } from './fs-tree.ts';
import { throwIfCancelled } from './packages/tool.ts';

/** A file is held whole while it is hashed. */
const FILE_MAX_BYTES = 1024 * 1024 * 1024;

export interface RootfsImport {
  readonly tree: FsTree;
  /** Device nodes and pipes: v86's 9p format has none, and devtmpfs makes what a guest needs. */
  readonly skippedDevices: number;
}

/**
 * Reads a root file system from an uncompressed tarball: the one way into an image.
 * @param keep stores a file's content
 * @throws FailureError for entries that no root file system has (see FsTree) and for a broken archive
 */
export async function importRootfs(
  tarPath: string,
  keep: (bytes: Uint8Array) => Promise<BlobRef>,
  onEntry: (entries: number, bytes: number) => void,
  signal: AbortSignal,
): Promise<RootfsImport> {
  const tree = new FsTree();
  let skippedDevices = 0;
  let entries = 0;
  let bytesSeen = 0;
  const archive = extract();
  const reading = pipeline(createReadStream(tarPath, { highWaterMark: 1024 * 1024 }), archive, { signal });
  const walk = async (): Promise<void> => {
    for await (const entry of archive) {
      const { header } = entry;
      const meta = metaOf(header);
      switch (header.type) {
        case 'directory':
          tree.addDirectory(header.name, meta);
          break;
        case 'symlink':
          tree.addSymlink(header.name, meta, header.linkname);
          break;
        case 'link':
          tree.addHardLink(header.name, header.linkname);
          break;
        case 'file':
        case 'contiguous-file': {
          if (header.size > FILE_MAX_BYTES)
            throw new FailureError('limit', `“${header.name}” in the tarball is larger than 1 GiB.`);
          const chunks: Uint8Array[] = [];
          for await (const chunk of entry) chunks.push(chunk as Uint8Array);
          const content = Buffer.concat(chunks);
          tree.addFile(header.name, meta, await keep(content));
          bytesSeen += content.byteLength;
          break;
        }
        default:
          skippedDevices += 1;
      }
      entry.resume();
      entries += 1;
      onEntry(entries, bytesSeen);
    }
  };
  try {
    await Promise.all([reading, walk()]);
  } catch (cause) {
    throwIfCancelled(signal);
    if (cause instanceof FailureError) throw cause;
    throw new FailureError('bad-input', `The root file system's tarball cannot be read: ${String(cause)}`, { cause });
  }
  return { tree, skippedDevices };
}

function metaOf(header: Header): FileMeta {
  return {
    mode: header.mode & 0o7777,
    uid: header.uid,
    gid: header.gid,
    mtimeS: Math.floor(header.mtime.getTime() / 1000),
  };
}

/** Writes a small root file system as a tarball. Times are fixed, so equal input gives equal bytes. */
export class RootfsWriter {
  private readonly archive: Pack = pack();

  directory(name: string, mode = 0o755): void {
    this.archive.entry({ name, type: 'directory', mode, mtime: new Date(0) });
  }

  file(name: string, content: Uint8Array | string, mode = 0o644): void {
    this.archive.entry({ name, mode, mtime: new Date(0) }, Buffer.from(content));
  }

  symlink(name: string, target: string): void {
    this.archive.entry({ name, type: 'symlink', linkname: target, mtime: new Date(0) });
  }

  async finish(into: NodeJS.WritableStream): Promise<void> {
    this.archive.finalize();
    this.archive.pipe(into);
    await once(into, 'finish');
  }
}
