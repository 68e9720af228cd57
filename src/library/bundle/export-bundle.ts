import { createHash } from 'node:crypto';
import { PAGE_BYTES } from '../../shared/bulk/state-plan.ts';
import type { ImageId, StateId } from '../../shared/model/ids.ts';
import type { ImageManifest } from '../../shared/model/image.ts';
import type { StateManifest } from '../../shared/model/state.ts';
import { FailureError } from '../../shared/result.ts';
import type { Hold } from '../claims/claims.ts';
import { holdImage } from '../holds.ts';
import type { LibraryParts } from '../library-parts.ts';
import type { StatePages } from '../state-store.ts';
import { bundledState, type BundleHead } from './bundle-documents.ts';
import {
  BLOCK_BYTES,
  FULL_SECTION_BYTES,
  HASH_BYTES,
  IMAGES_MAX,
  STATES_MAX,
  type SectionType,
} from './bundle-format.ts';
import { writeImageFiles } from './export-files.ts';
import { isZeroHash, PageNumbers } from './page-numbers.ts';
import { numberPages } from './page-runs.ts';
import { SectionWriter } from './section-writer.ts';
import { parentsFirst } from './subtree.ts';

export interface ExportRequest {
  /** In any order. */
  readonly snapshots: readonly StateId[];
  /** Whether the images that they need come along, with their base snapshots. */
  readonly withImage: boolean;
  /** A state that the receiver has: its pages are left out. */
  readonly since: StateId | null;
  readonly path: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BundleProgress) => void;
}

export interface BundleProgress {
  /** What is being read or written, for a person. */
  readonly what: string;
  /** 0..1 */
  readonly fraction: number;
}

export interface ExportReport {
  readonly sizeBytes: number;
  readonly snapshots: readonly { readonly id: StateId; readonly name: string }[];
  readonly images: readonly { readonly id: ImageId; readonly name: string }[];
  /** Pages in the file, and pages that the receiver must have. */
  readonly pageCount: number;
  readonly lentPageCount: number;
}

/**
 * Writes a bundle (docs/formats/bundle.md). The library is only read; the file is there when it is whole.
 * @throws FailureError `not-found`, `damaged`, `disk-full`, `io`, `limit`, `cancelled`
 */
export async function exportBundle(library: LibraryParts, request: ExportRequest): Promise<ExportReport> {
  const snapshots = parentsFirst(await Promise.all(request.snapshots.map((id) => snapshotOf(library, id))));
  const imageIds = [...new Set(snapshots.map(({ config }) => config.imageId))];
  if (snapshots.length + imageIds.length > STATES_MAX || imageIds.length > IMAGES_MAX) {
    throw new FailureError(
      'limit',
      `A .terrarium file holds up to ${STATES_MAX} snapshots of ${IMAGES_MAX} images. Nothing was exported: export them in parts.`,
    );
  }
  const holds: Hold[] = [];
  try {
    // An image that is deleted meanwhile would take its files along.
    if (request.withImage) for (const id of imageIds) holds.push(await holdImage(library, id));
    const images = request.withImage ? await Promise.all(imageIds.map((id) => library.images.get(id))) : [];
    const bases = await Promise.all(images.map(({ base }) => library.states.get(base)));
    const head = await headOf(library, [...bases, ...snapshots], images, request);
    return await new Export(library, request, { head, images, states: [...bases, ...snapshots] }).run();
  } finally {
    await Promise.allSettled(holds.map((hold) => hold.release()));
  }
}

async function snapshotOf({ states }: LibraryParts, id: StateId): Promise<StateManifest> {
  const manifest = await states.get(id);
  if (manifest.kind === 'snapshot') return manifest;
  throw new FailureError('not-found', 'That snapshot does not exist any more. Nothing was exported.');
}

async function headOf(
  library: LibraryParts,
  states: readonly StateManifest[],
  included: readonly ImageManifest[],
  { since }: ExportRequest,
): Promise<BundleHead> {
  const { manifests } = await library.images.list();
  const images = new Map<ImageId, BundleHead['images'][number]>();
  for (const { config } of states) {
    const { imageId: id, fsSha256 } = config;
    const name = manifests.find((image) => image.id === id)?.name ?? id;
    images.set(id, { id, name, fsSha256, isIncluded: included.some((image) => image.id === id) });
  }
  const lender = since === null ? null : await library.states.get(since);
  return {
    createdAt: library.timestamp(),
    images: [...images.values()],
    states: states.map(nameOf),
    since: lender === null ? null : nameOf(lender),
  };
}

/** A base snapshot may have any name or none. */
function nameOf({ id, name, kind }: StateManifest): { id: StateId; name: string } {
  return { id, name: name === '' ? `${kind} ${id}` : name };
}

interface ExportPlan {
  readonly head: BundleHead;
  readonly images: readonly ImageManifest[];
  readonly states: readonly StateManifest[];
}

class Export {
  private readonly library: LibraryParts;
  private readonly request: ExportRequest;
  private readonly plan: ExportPlan;
  private readonly totalBytes: number;
  private doneBytes = 0;
  private readonly numbers = new PageNumbers();
  private lentPageCount = 0;
  private runCount = 0;

  constructor(library: LibraryParts, request: ExportRequest, plan: ExportPlan) {
    this.library = library;
    this.request = request;
    this.plan = plan;
    const imageBytes = plan.images.reduce((sum, { fileBytes }) => sum + fileBytes, 0);
    this.totalBytes = plan.states.reduce((sum, { sizeBytes }) => sum + sizeBytes, imageBytes);
  }

  async run(): Promise<ExportReport> {
    const { plan, library } = this;
    const lent = await this.lentHashes();
    const writer = await SectionWriter.create(this.request.path);
    try {
      await writer.writeJson('HEAD', plan.head);
      for (const image of plan.images) await writer.writeJson('IMAG', image);
      if (plan.images.length > 0) {
        await writeImageFiles(writer, library, plan.images, (what, bytes) => this.tell(what, bytes));
      }
      for (const state of plan.states) await this.state(writer, state, lent);
      await writer.write('DONE', new Uint8Array(0));
      await writer.commit();
    } catch (cause) {
      await writer.abort();
      throw cause;
    }
    const included = plan.images.map(({ id, name }) => ({ id, name }));
    const snapshots = plan.states.filter(({ kind }) => kind === 'snapshot').map(({ id, name }) => ({ id, name }));
    const pageCount = this.numbers.count - this.lentPageCount;
    return { sizeBytes: writer.sizeBytes, snapshots, images: included, pageCount, lentPageCount: this.lentPageCount };
  }

  private async lentHashes(): Promise<PageNumbers> {
    const lent = new PageNumbers();
    if (this.request.since === null) return lent;
    const pages = await this.library.states.pages(await this.library.states.get(this.request.since));
    try {
      const { hashes } = pages;
      for (let at = 0; at < hashes.byteLength; at += HASH_BYTES) {
        if (!isZeroHash(hashes, at)) lent.add(hashes, at);
      }
      return lent;
    } finally {
      await pages.close();
    }
  }

  private async state(writer: SectionWriter, manifest: StateManifest, lent: PageNumbers): Promise<void> {
    const { states } = this.library;
    const screen = await states.screen(manifest.id);
    const pages = await states.pages(manifest);
    try {
      const { hashes } = pages;
      const { newPages, lentPages, runs } = numberPages(hashes, this.numbers, lent, this.runCount);
      this.runCount += runs.length / 2;
      this.lentPageCount += lentPages.length;
      const counts = { newPages: newPages.length, lentPages: lentPages.length, runs: runs.length / 2 };
      const named = { ...manifest, name: nameOf(manifest).name };
      await writer.writeJson('STAT', bundledState(named, screen, counts));
      await writeList(writer, 'HASH', hashesOf(hashes, newPages));
      await writeList(writer, 'LENT', hashesOf(hashes, lentPages));
      await writeList(writer, 'RUNS', encodeRuns(runs));
      const skippedBytes = manifest.sizeBytes - newPages.length * PAGE_BYTES;
      this.tell(`“${named.name}”`, Math.max(0, skippedBytes));
      await this.pages(writer, named.name, { pages, hashes, newPages });
    } finally {
      await pages.close();
    }
  }

  private async pages(
    writer: SectionWriter,
    name: string,
    { pages, hashes, newPages }: { pages: StatePages; hashes: Uint8Array; newPages: Uint32Array },
  ): Promise<void> {
    const block = new Uint8Array(BLOCK_BYTES);
    let filled = 0;
    for (const page of newPages) {
      const bytes = await pages.read(page);
      const sha256 = createHash('sha256').update(bytes).digest();
      if (sha256.compare(hashes, page * HASH_BYTES, (page + 1) * HASH_BYTES) !== 0) {
        throw new FailureError(
          'damaged',
          `“${name}” is damaged on disk, so it was not exported. Other snapshots are untouched.`,
        );
      }
      block.set(bytes, filled);
      filled += bytes.byteLength;
      if (filled < BLOCK_BYTES) continue;
      await writer.write('PAGE', block);
      this.tell(`“${name}”`, filled);
      filled = 0;
    }
    if (filled > 0) await writer.write('PAGE', block.subarray(0, filled));
    this.tell(`“${name}”`, filled);
  }

  private tell(what: string, moreBytes: number): void {
    if (this.request.signal?.aborted === true) {
      throw new FailureError('cancelled', 'The export was stopped. No file was written.');
    }
    this.doneBytes += moreBytes;
    const fraction = this.totalBytes === 0 ? 1 : Math.min(1, this.doneBytes / this.totalBytes);
    this.request.onProgress?.({ what, fraction });
  }
}

async function writeList(writer: SectionWriter, type: SectionType, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength; at += FULL_SECTION_BYTES) {
    await writer.write(type, bytes.subarray(at, Math.min(at + FULL_SECTION_BYTES, bytes.byteLength)));
  }
}

function hashesOf(hashes: Uint8Array, pages: Uint32Array): Uint8Array {
  const chosen = new Uint8Array(pages.length * HASH_BYTES);
  for (const [index, page] of pages.entries()) {
    chosen.set(hashes.subarray(page * HASH_BYTES, (page + 1) * HASH_BYTES), index * HASH_BYTES);
  }
  return chosen;
}

function encodeRuns(runs: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(runs.byteLength);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of runs.entries()) view.setUint32(4 * index, value, true);
  return bytes;
}
