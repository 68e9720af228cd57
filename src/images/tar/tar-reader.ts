import type { FileMeta } from '../fs-tree.ts';
import { readBytes, type ByteSource } from './byte-source.ts';
import { applyPax, Extensions } from './extensions.ts';
import { refused, unreadable } from './refusal.ts';
import { checkMap, readLeadingMap, readOldGnuMap, withHoles, type SparseMap } from './sparse-map.ts';
import { BLOCK_BYTES, padded, parseHeader, type TarHeader } from './tar-header.ts';

export interface TarMember {
  readonly kind: 'file' | 'directory' | 'symlink' | 'link' | 'device';
  readonly name: string;
  readonly linkName: string;
  readonly meta: FileMeta;
  /** Of the content, holes included. */
  readonly sizeBytes: number;
  /** Where in the tarball the content begins; null when it is not there in one piece. */
  readonly contentAt: number | null;
  /** It has extended attributes (file capabilities, labels), which are not read. */
  readonly hasAttributes: boolean;
  /** The content, once. What is not taken is skipped. */
  readonly content: () => AsyncIterable<Buffer>;
}

/** NUL and 0 are plain files, 7 is one that wants to lie in one piece; S is GNU's file with holes. */
const KINDS: Readonly<Record<string, TarMember['kind']>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'device',
  '4': 'device',
  '5': 'directory',
  '6': 'device',
};
/** Names of the volume and lists of folders, for backups: nothing that a file system holds. */
const PASSED_OVER = new Set(['V', 'D']);

/**
 * The members of a tarball: ustar, pax, GNU and the old format without a name. Written for files of strangers: every size
 * is bounded, and what two programs would read differently is refused instead of guessed.
 * @throws FailureError
 */
export async function* readTar(source: ByteSource): AsyncGenerator<TarMember, void, void> {
  const extensions = new Extensions();
  for (;;) {
    const at = source.position;
    const block = Buffer.from(await readBytes(source, BLOCK_BYTES));
    if (block.byteLength < BLOCK_BYTES) throw unreadable('it is cut off: the mark at its end is missing');
    const header = parseHeader(block, at);
    if (header === null) {
      if (extensions.isPending)
        throw unreadable(`it ends at byte ${at} with a name or a pax header that no entry follows`);
      await checkEnd(source, at);
      return;
    }
    if (await extensions.take(header, source)) continue;
    const { records, header: applied, hasAttributes } = applyPax(header, extensions.release());
    if (PASSED_OVER.has(applied.type)) {
      await skip(source, padded(applied.sizeBytes));
      continue;
    }
    const kind = kindOf(applied);
    let storedBytes = applied.sizeBytes;
    let map: SparseMap | null = records.sparse;
    if (applied.type === 'S') map = await readOldGnuMap(block, source, applied.name);
    else if (records.leadingMapSize !== null) {
      const sizes = { sizeBytes: records.leadingMapSize, storedBytes, entry: applied.name };
      const { map: leading, takenBytes } = await readLeadingMap(source, sizes);
      map = leading;
      storedBytes -= takenBytes;
    }
    if (map !== null) {
      if (kind !== 'file') throw refused(applied.name, 'it has holes, but is no file');
      checkMap(map, storedBytes, applied.name);
    }
    const contentAt = source.position;
    const take = async (maxBytes: number): Promise<Buffer> => {
      const piece = await source.piece(maxBytes);
      if (piece.byteLength === 0) throw unreadable(`it is cut off in “${applied.name}”`);
      return piece;
    };
    const whole: SparseMap = { sizeBytes: storedBytes, segments: [{ offset: 0, length: storedBytes }] };
    yield {
      kind,
      name: applied.name,
      linkName: applied.linkName,
      meta: { mode: applied.mode, uid: applied.uid, gid: applied.gid, mtimeS: applied.mtimeS },
      sizeBytes: map?.sizeBytes ?? storedBytes,
      contentAt: map === null ? contentAt : null,
      hasAttributes,
      content: () => withHoles(map ?? whole, take),
    };
    await skip(source, contentAt + padded(storedBytes) - source.position, applied.name);
  }
}

function kindOf(header: TarHeader): TarMember['kind'] {
  const { type, name, sizeBytes } = header;
  const kind = KINDS[type];
  if (type === 'M') throw refused(name, 'it goes on from another volume; join the volumes first');
  if (kind === undefined) throw refused(name, `it is of a kind (“${type}”) that is not known`);
  if (kind !== 'file') {
    // Some programs would skip as many bytes, others would read them as the next header.
    if (sizeBytes !== 0) throw refused(name, `it claims to hold ${sizeBytes} bytes, but only a file can`);
    return kind;
  }
  // Before there was a type for folders, a slash at the end said so.
  if (!name.endsWith('/')) return 'file';
  if (sizeBytes !== 0) throw refused(name, 'it is named like a folder and has content like a file');
  return 'directory';
}

/** Two blocks of zeros end a tarball; what comes after them is nobody's. One alone at the very end is good enough. */
async function checkEnd(source: ByteSource, at: number): Promise<void> {
  const second = await readBytes(source, BLOCK_BYTES);
  if (!second.every((byte) => byte === 0))
    throw unreadable(`there is an empty block in the middle of it, at byte ${at}`);
}

export async function skip(source: ByteSource, count: number, entry?: string): Promise<void> {
  if ((await source.skip(count)) < count)
    throw unreadable(entry === undefined ? 'it is cut off' : `it is cut off in “${entry}”`);
}
