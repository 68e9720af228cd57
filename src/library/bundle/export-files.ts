import { createHash } from 'node:crypto';
import type { BlobRef, ImageManifest } from '../../shared/model/image.ts';
import { FailureError } from '../../shared/result.ts';
import type { LibraryParts } from '../library-parts.ts';
import { mapAtOnce } from '../map-at-once.ts';
import { FILE_MAX_BYTES, FILE_ROW_BYTES, FILES_MAX, FILES_PER_SECTION, FULL_SECTION_BYTES } from './bundle-format.ts';
import type { SectionWriter } from './section-writer.ts';

/** Looking at a file takes longer than what is done with it. */
const LOOKS_AT_ONCE = 32;

/**
 * The files of images, each once: their list, then their bytes.
 * @param tell called with how many bytes were just written
 * @throws FailureError `not-found`, `damaged`, `limit`
 */
export async function writeImageFiles(
  writer: SectionWriter,
  { images: store, blobs }: LibraryParts,
  images: readonly ImageManifest[],
  tell: (what: string, moreBytes: number) => void,
): Promise<void> {
  const needed = new Map<string, string>();
  for (const image of images) {
    for (const sha256 of await store.blobsOf(image, blobs)) needed.set(sha256, image.name);
  }
  const files = await mapAtOnce([...needed.keys()], LOOKS_AT_ONCE, async (sha256): Promise<BlobRef> => {
    const { sizeBytes } = await blobs.open(sha256);
    return { sha256, sizeBytes };
  });
  if (files.length > FILES_MAX || files.some(({ sizeBytes }) => sizeBytes > FILE_MAX_BYTES)) {
    throw new FailureError(
      'limit',
      `The image has more files, or larger ones, than a .terrarium file holds. Nothing was exported: export without the image, and build it where the snapshots go.`,
    );
  }
  for (let first = 0; first <= files.length; first += FILES_PER_SECTION) {
    await writer.write('FILE', encodeFiles(files.slice(first, first + FILES_PER_SECTION)));
  }
  const section = new Uint8Array(FULL_SECTION_BYTES);
  let filled = 0;
  for (const { sha256, sizeBytes } of files) {
    const name = needed.get(sha256) ?? '';
    const hash = createHash('sha256');
    let readBytes = 0;
    for await (const piece of (await blobs.open(sha256)).pieces) {
      hash.update(piece);
      readBytes += piece.byteLength;
      for (let taken = 0; taken < piece.byteLength;) {
        const part = piece.subarray(taken, taken + FULL_SECTION_BYTES - filled);
        section.set(part, filled);
        taken += part.byteLength;
        filled += part.byteLength;
        if (filled < FULL_SECTION_BYTES) continue;
        await writer.write('DATA', section);
        tell(`image “${name}”`, filled);
        filled = 0;
      }
    }
    if (readBytes !== sizeBytes || hash.digest('hex') !== sha256) {
      throw new FailureError(
        'damaged',
        `A file of the image “${name}” is damaged on disk (${sha256.slice(0, 12)}…), so nothing was exported. Rebuild the image, or export without it.`,
      );
    }
  }
  if (filled > 0) await writer.write('DATA', section.subarray(0, filled));
  tell('the images', filled);
}

function encodeFiles(files: readonly BlobRef[]): Uint8Array {
  const bytes = new Uint8Array(files.length * FILE_ROW_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, { sha256, sizeBytes }] of files.entries()) {
    bytes.set(Buffer.from(sha256, 'hex'), index * FILE_ROW_BYTES);
    view.setBigUint64(index * FILE_ROW_BYTES + 32, BigInt(sizeBytes), true);
  }
  return bytes;
}
