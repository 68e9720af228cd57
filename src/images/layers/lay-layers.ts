import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { sniffArchive, SNIFFED_BYTES } from '../archive/sniff-archive.ts';
import { RatioGuard, unpacked } from '../archive/unpacked.ts';
import type { FsTree } from '../fs-tree.ts';
import { FailureError } from '../../shared/result.ts';
import { StreamSource } from '../tar/byte-source.ts';
import { readTar } from '../tar/tar-reader.ts';
import { CONTENT_MAX_BYTES, type TreeFiller } from '../tree-filler.ts';
import { throwIfCancelled } from '../packages/tool.ts';
import { badImage, damagedImage } from './image-failure.ts';
import { checkDigest, type PlannedImage, type PlannedLayer } from './plan-layers.ts';
import { layMember } from './whiteout.ts';

export interface LayingParts {
  readonly file: FileHandle;
  readonly image: PlannedImage;
  readonly tree: FsTree;
  readonly filler: TreeFiller;
  readonly signal: AbortSignal;
}

const PIECE_BYTES = 1024 * 1024;

/**
 * Lays the layers of a container image over each other. Each is checked against its digests when its end has come; what was
 * read of a wrong one goes with the tree.
 * @throws FailureError
 */
export async function layLayers(parts: LayingParts): Promise<void> {
  const { layers } = parts.image;
  for (const [i, layer] of layers.entries()) await layOne(parts, layer, `layer ${i + 1} of ${layers.length}`);
}

async function layOne({ file, tree, filler, signal }: LayingParts, layer: PlannedLayer, what: string): Promise<void> {
  const { at, sizeBytes } = layer.place;
  const head = Buffer.alloc(Math.min(SNIFFED_BYTES, sizeBytes));
  await file.read(head, 0, head.byteLength, at);
  const kind = sniffArchive(head) ?? (head.every((byte) => byte === 0) ? 'tar' : null);
  if (kind === null) throw badImage(`${what} is neither a tarball nor a gzip, xz or zstd file`);
  const stored = hashOf(layer.digest);
  const plain = hashOf(layer.diffId);
  const guard = new RatioGuard(what, CONTENT_MAX_BYTES);
  const pieces = async function* (): AsyncGenerator<Uint8Array, void, void> {
    for (let from = at; from < at + sizeBytes;) {
      throwIfCancelled(signal);
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, at + sizeBytes - from));
      const { bytesRead } = await file.read(piece, 0, piece.byteLength, from);
      if (bytesRead === 0) throw damagedImage(`${what} is cut off`);
      const taken = piece.subarray(0, bytesRead);
      from += bytesRead;
      guard.packed(bytesRead);
      stored?.update(taken);
      yield taken;
    }
  };
  const hashed = async function* (): AsyncGenerator<Uint8Array, void, void> {
    for await (const piece of unpacked(kind, pieces(), signal)) {
      guard.unpacked(piece.byteLength);
      plain?.update(piece);
      yield piece;
    }
  };
  const source = new StreamSource(hashed());
  tree.beginLayer();
  try {
    for await (const member of readTar(source)) await layMember(tree, filler, member);
    // What follows a tarball's end belongs to its digest all the same.
    await source.skip(Number.MAX_SAFE_INTEGER);
  } catch (cause) {
    throwIfCancelled(signal);
    if (cause instanceof FailureError) throw cause;
    throw damagedImage(`${what} cannot be unpacked: ${cause instanceof Error ? cause.message : String(cause)}`);
  } finally {
    await source.close();
  }
  if (stored) checkDigest(what, layer.digest, () => stored.digest('hex'));
  if (plain) checkDigest(`${what}, unpacked,`, layer.diffId, () => plain.digest('hex'));
}

function hashOf(digest: string | null): Hash | null {
  const [algorithm] = digest?.split(':') ?? [];
  return algorithm === undefined ? null : createHash(algorithm);
}
