import { STATE_PIECE_BYTES } from '../../shared/bulk/resources.ts';
import { PAGE_BYTES } from '../../shared/bulk/state-plan.ts';
import type { ImageId, StateId } from '../../shared/model/ids.ts';
import { FailureError } from '../../shared/result.ts';
import type { Hold } from '../claims/claims.ts';
import { beginWriting } from '../claims/writing.ts';
import type { LibraryParts } from '../library-parts.ts';
import { draftOf } from './bundle-documents.ts';
import { ZERO_NUMBER } from './bundle-format.ts';
import { BundlePages } from './bundle-pages.ts';
import type { BundleProgress } from './export-bundle.ts';
import { importFiles } from './import-files.ts';
import { planImport, type ImportPlan, type PlannedState } from './import-plan.ts';
import { Lenders } from './lenders.ts';
import { pageNumbersOf } from './page-runs.ts';
import { readBundle, type BundleContents } from './read-bundle.ts';
import { SectionReader } from './section-reader.ts';

export interface ImportRequest {
  readonly path: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BundleProgress) => void;
}

interface Named<Id> {
  readonly id: Id;
  readonly name: string;
}

export interface ImportReport {
  /** As they are called here, parents first. Names may repeat. */
  readonly imported: readonly Named<StateId>[];
  /** What the library had before, byte for byte. */
  readonly alreadyThere: readonly Named<StateId>[];
  readonly images: readonly Named<ImageId>[];
}

/** Checking takes about as long as writing. */
const CHECKING_SHARE = 0.4;

/**
 * Adds what a bundle holds to the library, after all of it was checked. When it fails, the library is as before; after
 * a crash in the middle it has leftovers that the next clean-up removes.
 * @throws FailureError `not-found`, `bad-input`, `unsupported`, `damaged`, `disk-full`, `cancelled`
 */
export async function importBundle(library: LibraryParts, request: ImportRequest): Promise<ImportReport> {
  const reader = await SectionReader.open(request.path);
  try {
    const progress = new Progress(request);
    const check = (): void => progress.tell('Checking', CHECKING_SHARE * (reader.doneBytes / reader.sizeBytes));
    const contents = await readBundle(reader, check);
    const lenders = await Lenders.find(library.states, reader.name, contents, check);
    try {
      const pages = new BundlePages(reader, contents, lenders.pages);
      const plan = await planImport(library, reader.name, contents, pages, check);
      await new Import(library, reader, contents, pages, plan, progress).run();
      const imported = plan.states.filter(({ read }) => read.state.kind === 'snapshot');
      return {
        imported: imported.map(({ id, read }) => ({ id, name: read.state.name })),
        alreadyThere: plan.alreadyThere.map(({ id, name }) => ({ id, name })),
        images: plan.images.map(({ id, name }) => ({ id, name })),
      };
    } finally {
      await lenders.close();
    }
  } finally {
    await reader.close();
  }
}

class Progress {
  private readonly request: ImportRequest;

  constructor(request: ImportRequest) {
    this.request = request;
  }

  /** @throws FailureError `cancelled` */
  tell(what: string, fraction: number): void {
    if (this.request.signal?.aborted === true) {
      throw new FailureError('cancelled', 'The import was stopped. Nothing was changed.');
    }
    this.request.onProgress?.({ what, fraction: Math.min(1, fraction) });
  }
}

/** The second pass: writes what was checked. */
class Import {
  private readonly library: LibraryParts;
  private readonly reader: SectionReader;
  private readonly contents: BundleContents;
  private readonly pages: BundlePages;
  private readonly plan: ImportPlan;
  private readonly progress: Progress;
  private readonly totalBytes: number;
  private doneBytes = 0;

  constructor(
    library: LibraryParts,
    reader: SectionReader,
    contents: BundleContents,
    pages: BundlePages,
    plan: ImportPlan,
    progress: Progress,
  ) {
    this.library = library;
    this.reader = reader;
    this.contents = contents;
    this.pages = pages;
    this.plan = plan;
    this.progress = progress;
    const files = plan.images.length === 0 ? [] : contents.files;
    this.totalBytes =
      files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) +
      plan.states.reduce((sum, { read }) => sum + read.state.sizeBytes, 0);
  }

  async run(): Promise<void> {
    const { library, plan } = this;
    const holds: Hold[] = [];
    const written: StateId[] = [];
    try {
      if (plan.images.length > 0) {
        holds.push(await beginWriting(library.claims, 'building'));
        await importFiles(this.reader, this.contents, library.blobs, (bytes) => this.tell('the images', bytes));
      }
      holds.push(await beginWriting(library.claims, 'saving'));
      for (const state of plan.states) {
        await this.write(state);
        written.push(state.id);
      }
      await library.change(() => this.adopt());
    } catch (cause) {
      // What cannot be removed is garbage. Why it failed matters more.
      await Promise.allSettled(written.map((id) => library.states.remove(id)));
      throw this.notImported(cause);
    } finally {
      await Promise.allSettled(holds.map((hold) => hold.release()));
    }
  }

  /** Until it is adopted it is a head of no VM: after a crash, the next clean-up removes it. */
  private async write({ read, id, parent, config }: PlannedState): Promise<void> {
    const { state, runs } = read;
    const kind = state.kind === 'base' ? 'base' : 'head';
    const writer = await this.library.states.create(draftOf(state, { id, parent, kind, config }));
    try {
      let piece = new Uint8Array(Math.min(STATE_PIECE_BYTES, state.sizeBytes));
      let filled = 0;
      let left = state.sizeBytes;
      for (const number of pageNumbersOf(runs)) {
        const used = Math.min(PAGE_BYTES, left);
        if (number !== ZERO_NUMBER) piece.set((await this.pages.read(number)).subarray(0, used), filled);
        filled += used;
        left -= used;
        if (filled < piece.byteLength) continue;
        await writer.write(piece);
        this.tell(`“${state.name}”`, filled);
        piece = new Uint8Array(Math.min(STATE_PIECE_BYTES, left));
        filled = 0;
        await new Promise(setImmediate);
      }
    } catch (cause) {
      await writer.abort();
      throw cause;
    }
    await writer.commit();
  }

  /** A part of a change: from here on it is in the library. */
  private async adopt(): Promise<void> {
    const { images, states } = this.library;
    const { plan } = this;
    // One that was deleted meanwhile would leave snapshots that cannot be started.
    for (const id of plan.needed) await images.get(id);
    try {
      for (const image of plan.images) await images.put(image);
      for (const { id, read } of plan.states) {
        if (read.state.kind === 'snapshot') await states.update(id, { kind: 'snapshot' });
      }
    } catch (cause) {
      await Promise.allSettled(plan.images.map(({ id }) => images.remove(id)));
      throw cause;
    }
  }

  /** What was written by parts of the library that speak of snapshots and images. */
  private notImported(cause: unknown): unknown {
    if (!(cause instanceof FailureError) || cause.code !== 'disk-full') return cause;
    return new FailureError(
      'disk-full',
      `“${this.reader.name}” was not imported: the disk is full. The library is as it was before. Delete snapshots or free some space, then try again.`,
      { cause },
    );
  }

  private tell(what: string, moreBytes: number): void {
    this.doneBytes += moreBytes;
    const share = this.totalBytes === 0 ? 1 : this.doneBytes / this.totalBytes;
    this.progress.tell(what, CHECKING_SHARE + (1 - CHECKING_SHARE) * share);
  }
}
