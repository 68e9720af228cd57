import { createHash } from 'node:crypto';
import type { BlobRef, ImageManifest } from '../../shared/model/image.ts';
import type { BlobStore } from '../blob-store.ts';
import { blobsOfTree } from '../image-tree.ts';
import { mapAtOnce } from '../map-at-once.ts';
import {
  FILE_MAX_BYTES,
  FILE_ROW_BYTES,
  FILES_MAX,
  FILES_PER_SECTION,
  FILES_TOTAL_MAX_BYTES,
  FULL_SECTION_BYTES,
  HASH_BYTES,
  SECTION_WORDS,
} from './bundle-format.ts';
import { ownFiles } from './image-check.ts';
import type { SectionPlace, SectionReader } from './section-reader.ts';

/** Most files are small, and making one takes the disk longer than its bytes. */
const WRITES_AT_ONCE = 8;
const BATCH_FILES = 128;
const BATCH_BYTES = 16 * 1024 * 1024;

/**
 * Reads and checks the files of images: each against its hash, and that every image has all of its own.
 * @throws FailureError `damaged`
 */
export async function readImageFiles(
  reader: SectionReader,
  images: readonly ImageManifest[],
  tell: () => void,
): Promise<{ files: readonly BlobRef[]; data: readonly SectionPlace[] }> {
  const files = await readList(reader);
  const sizes = new Map(files.map(({ sha256, sizeBytes }) => [sha256, sizeBytes]));
  if (sizes.size !== files.length) throw reader.damaged(`${SECTION_WORDS.FILE}: a file is there twice`);
  for (const image of images) {
    if (ownFiles(image).some(({ sha256, sizeBytes }) => sizes.get(sha256) !== sizeBytes)) {
      throw reader.damaged(`${SECTION_WORDS.IMAG}: a file of it is missing`);
    }
  }
  const lists = new Set(images.map(({ fsJson }) => fsJson.sha256));
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const data: SectionPlace[] = [];
  const sections = async function* (): AsyncGenerator<Uint8Array, void, void> {
    for (let done = 0; done < totalBytes; done += FULL_SECTION_BYTES) {
      const { payload, place } = await reader.next('DATA', Math.min(FULL_SECTION_BYTES, totalBytes - done));
      data.push(place);
      yield payload;
      tell();
      await new Promise(setImmediate);
    }
  };
  for await (const { ref, pieces } of cutIntoFiles(files, sections())) {
    const hash = createHash('sha256');
    const kept: Uint8Array[] = [];
    for await (const piece of pieces) {
      hash.update(piece);
      if (lists.has(ref.sha256)) kept.push(piece);
    }
    if (hash.digest('hex') !== ref.sha256) throw reader.damaged(SECTION_WORDS.DATA);
    if (lists.has(ref.sha256)) checkTree(reader, Buffer.concat(kept), sizes);
  }
  return { files, data };
}

/** Writes the files of a bundle whose contents were checked. @throws FailureError `damaged` when it has changed since */
export async function importFiles(
  reader: SectionReader,
  { files, data }: { readonly files: readonly BlobRef[]; readonly data: readonly SectionPlace[] },
  blobs: BlobStore,
  tell: (moreBytes: number) => void,
): Promise<void> {
  const sections = async function* (): AsyncGenerator<Uint8Array, void, void> {
    for (const place of data) yield await reader.again(place, 'DATA');
  };
  let batch: { ref: BlobRef; bytes: Uint8Array }[] = [];
  let batchBytes = 0;
  const write = async (): Promise<void> => {
    const written = batch;
    batch = [];
    await mapAtOnce(written, WRITES_AT_ONCE, async ({ ref, bytes }) => {
      if ((await blobs.put(bytes)).sha256 !== ref.sha256) throw reader.damaged(SECTION_WORDS.DATA);
    });
    tell(batchBytes);
    batchBytes = 0;
  };
  for await (const { ref, pieces } of cutIntoFiles(files, sections())) {
    const kept: Uint8Array[] = [];
    for await (const piece of pieces) kept.push(piece);
    batch.push({ ref, bytes: Buffer.concat(kept) });
    batchBytes += ref.sizeBytes;
    if (batch.length >= BATCH_FILES || batchBytes >= BATCH_BYTES) await write();
  }
  await write();
  await blobs.flush(files);
}

async function readList(reader: SectionReader): Promise<readonly BlobRef[]> {
  const files: BlobRef[] = [];
  let totalBytes = 0;
  for (let isLast = false; !isLast;) {
    const { payload } = await reader.next('FILE');
    const count = payload.byteLength / FILE_ROW_BYTES;
    // How many there are is not announced: a section that is not full is the last.
    isLast = count < FILES_PER_SECTION;
    if (!Number.isInteger(count) || count > FILES_PER_SECTION || files.length + count > FILES_MAX) {
      throw reader.damaged(SECTION_WORDS.FILE);
    }
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    for (let at = 0; at < payload.byteLength; at += FILE_ROW_BYTES) {
      const sizeBytes = Number(view.getBigUint64(at + HASH_BYTES, true));
      totalBytes += sizeBytes;
      if (sizeBytes > FILE_MAX_BYTES || totalBytes > FILES_TOTAL_MAX_BYTES) {
        throw reader.damaged(`${SECTION_WORDS.FILE}: they are too large`);
      }
      files.push({ sha256: Buffer.from(payload.subarray(at, at + HASH_BYTES)).toString('hex'), sizeBytes });
    }
  }
  return files;
}

/** Each file's pieces must be taken to their end before the next file is asked for. */
async function* cutIntoFiles(
  files: readonly BlobRef[],
  sections: AsyncGenerator<Uint8Array, void, void>,
): AsyncGenerator<{ ref: BlobRef; pieces: AsyncIterable<Uint8Array> }, void, void> {
  let rest = new Uint8Array(0);
  const piecesOf = async function* (sizeBytes: number): AsyncGenerator<Uint8Array, void, void> {
    for (let left = sizeBytes; left > 0;) {
      if (rest.byteLength === 0) {
        const next = await sections.next();
        if (next.done === true) return;
        rest = new Uint8Array(next.value.buffer as ArrayBuffer, next.value.byteOffset, next.value.byteLength);
      }
      const piece = rest.subarray(0, Math.min(left, rest.byteLength));
      rest = rest.subarray(piece.byteLength);
      left -= piece.byteLength;
      yield piece;
    }
  };
  for (const ref of files) yield { ref, pieces: piecesOf(ref.sizeBytes) };
  // What follows the last section is done only when it is asked for more.
  await sections.next();
}

function checkTree(reader: SectionReader, fsJson: Uint8Array, sizes: ReadonlyMap<string, number>): void {
  let needed: readonly string[];
  try {
    needed = blobsOfTree(fsJson).map((file) => file.sha256);
  } catch (cause) {
    throw reader.damaged(`${SECTION_WORDS.DATA}: the list of them cannot be read`, cause);
  }
  if (needed.some((sha256) => !sizes.has(sha256))) throw reader.damaged(`${SECTION_WORDS.FILE}: some are missing`);
}
