import { createHash, webcrypto } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { encodeStatePlan, PAGE_BYTES, type PlannedBlock } from '../shared/bulk/state-plan.ts';
import type { StateData, StateManifest } from '../shared/model/state.ts';
import { HASH_BYTES } from './pages/pack-format.ts';
import { damagedState } from './pages/state-folder.ts';
import { isZeroPage, wholePage } from './pages/whole-page.ts';
import type { StateLoad, StatePages } from './state-store.ts';

/*
 * States as libraries had them before they kept pages: the container in one file, the hash of each piece in the
 * manifest. They are read in place; nothing writes them any more.
 */

export type FileData = Extract<StateData, { layout: 'file' }>;

/** For a machine. */
export function loadSingleFile(path: string, manifest: StateManifest, data: FileData): StateLoad {
  return { plan: planOfPieces(manifest.sizeBytes, data), pieces: readSingleFile(path, manifest, data) };
}

/** Each piece is a block that is stored as it is, all pages in their order. */
export function planOfPieces(sizeBytes: number, { pieceBytes, pieceSha256 }: FileData): Uint8Array {
  const blocks: PlannedBlock[] = pieceSha256.map((_, index) => {
    const offset = index * pieceBytes;
    const storedBytes = Math.max(0, Math.min(pieceBytes, sizeBytes - offset));
    const uses = Array.from({ length: Math.ceil(storedBytes / PAGE_BYTES) }, (_, rank) => ({
      rank,
      page: offset / PAGE_BYTES + rank,
    }));
    return { storedBytes, rawBytes: storedBytes, codec: 'stored', uses };
  });
  return encodeStatePlan({ sizeBytes, frontBytes: 0, blocks });
}

/** @throws FailureError `damaged` */
export async function* readSingleFile(
  path: string,
  manifest: StateManifest,
  data: FileData,
): AsyncGenerator<Uint8Array, void, void> {
  let index = 0;
  for await (const piece of rawPieces(path, manifest, data)) {
    if ((await sha256Hex(piece)) !== data.pieceSha256[index]) throw damagedPiece(manifest, index, data);
    index += 1;
    yield piece;
  }
  // More hashes than bytes means a manifest that was not made by us.
  if (index !== data.pieceSha256.length) throw damagedPiece(manifest, index, data);
}

export async function openSingleFile(path: string, manifest: StateManifest, data: FileData): Promise<StatePages> {
  const pageCount = Math.ceil(manifest.sizeBytes / PAGE_BYTES);
  const hashes = new Uint8Array(pageCount * HASH_BYTES);
  let page = 0;
  for await (const piece of readSingleFile(path, manifest, data)) {
    for (let at = 0; at < piece.byteLength; at += PAGE_BYTES, page += 1) {
      const bytes = wholePage(piece, at);
      if (!isZeroPage(bytes)) hashes.set(createHash('sha256').update(bytes).digest(), page * HASH_BYTES);
    }
  }
  const file = await openData(path, manifest);
  return {
    pageCount,
    hashes,
    read: async (wanted) => {
      const bytes = new Uint8Array(PAGE_BYTES);
      await file.read(bytes, 0, PAGE_BYTES, wanted * PAGE_BYTES);
      const hash = hashes.subarray(wanted * HASH_BYTES, (wanted + 1) * HASH_BYTES);
      const isWhole = hash.some((byte) => byte !== 0)
        ? createHash('sha256').update(bytes).digest().compare(hash) === 0
        : isZeroPage(bytes);
      if (!isWhole) throw damagedState(manifest, 'has changed on disk while it was read');
      return bytes;
    },
    close: () => file.close(),
  };
}

async function* rawPieces(
  path: string,
  manifest: StateManifest,
  { pieceBytes }: FileData,
): AsyncGenerator<Uint8Array, void, void> {
  const file = await openData(path, manifest);
  try {
    for (let offset = 0; offset < manifest.sizeBytes; offset += pieceBytes) {
      const piece = new Uint8Array(Math.min(pieceBytes, manifest.sizeBytes - offset));
      const { bytesRead } = await file.read(piece, 0, piece.byteLength, offset);
      if (bytesRead < piece.byteLength) throw damagedState(manifest, 'is cut short on disk');
      yield piece;
    }
  } finally {
    await file.close();
  }
}

async function openData(path: string, manifest: StateManifest): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    throw damagedState(manifest, 'has lost its data file', cause);
  }
}

function damagedPiece(manifest: StateManifest, index: number, { pieceSha256 }: FileData): Error {
  return damagedState(
    manifest,
    `is damaged on disk (piece ${index + 1} of ${pieceSha256.length} does not match its checksum)`,
  );
}

async function sha256Hex(bytes: Uint8Array): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('hex');
}
