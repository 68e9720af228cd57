import { createHash } from 'node:crypto';
import type { StateId } from '../shared/model/ids.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import type { StateManifest } from '../shared/model/state.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { FailureError } from '../shared/result.ts';
import { isGone } from './is-gone.ts';
import type { LibraryParts } from './library-parts.ts';
import { mapAtOnce } from './map-at-once.ts';

export interface VerifyOptions {
  /** Only this state. Left out, every state and every image. */
  readonly only?: StateId;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

export interface VerifyProgress {
  /** What is being read, for a person. */
  readonly what: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** Something that is damaged. */
export interface Damage {
  readonly kind: 'snapshot' | 'head' | 'base' | 'state' | 'image' | 'record';
  readonly id: string;
  /** What a person calls it; empty where that cannot be told. */
  readonly name: string;
  readonly message: string;
  /** What does not work because of it: “VM “x””, “image “y””. */
  readonly neededBy: readonly string[];
}

export interface VerifyReport {
  readonly stateCount: number;
  readonly imageCount: number;
  /** Files of images, each counted once. */
  readonly fileCount: number;
  readonly readBytes: number;
  readonly damage: readonly Damage[];
}

/** Small files are many, and opening one takes longer than reading it. */
const FILES_AT_ONCE = 4;
/** A sentence with more hashes than this says no more. */
const HASHES_SHOWN = 3;

/**
 * Reads every byte and compares it with its hash. Beside machines that run and images that are built: what vanishes
 * meanwhile is not missed.
 * @throws FailureError `cancelled`; `not-found` for a state that is not there
 */
export function verifyLibrary(library: LibraryParts, options: VerifyOptions): Promise<VerifyReport> {
  return new Verification(library, options).run();
}

class Verification {
  private readonly library: LibraryParts;
  private readonly options: VerifyOptions;
  private readonly damage: Damage[] = [];
  private vms: readonly VmRecord[] = [];
  private doneBytes = 0;
  private totalBytes = 0;

  constructor(library: LibraryParts, options: VerifyOptions) {
    this.library = library;
    this.options = options;
  }

  async run(): Promise<VerifyReport> {
    const { library, options } = this;
    const [vms, images] = await Promise.all([library.vms.list(), library.images.list()]);
    this.vms = vms.records;
    const listing = options.only === undefined ? await library.states.list() : await this.one(options.only);
    const checked = options.only === undefined ? images.manifests : [];
    const [only = null] = options.only === undefined ? [] : listing.states;
    const stateBytes = options.only === undefined ? await library.states.storedBytes() : (only?.sizeBytes ?? 0);
    this.totalBytes = stateBytes + checked.reduce((sum, { fileBytes }) => sum + fileBytes, 0);
    if (options.only === undefined) {
      for (const message of [...vms.problems, ...images.problems]) {
        this.damage.push({ kind: 'record', id: '', name: '', message, neededBy: [] });
      }
    }
    for (const { id, reason } of listing.damaged) {
      const neededBy = this.usersOfState(id, images.manifests);
      this.damage.push({ kind: 'state', id, name: '', message: reason, neededBy });
    }
    if (options.only === undefined || only) await this.states(listing.states, only, images.manifests);
    const files = new Map<string, boolean>();
    for (const image of checked) await this.image(image, files, listing.states);
    const readBytes = this.doneBytes;
    this.tell('Done', this.totalBytes - readBytes);
    return {
      stateCount: listing.states.length + listing.damaged.length,
      imageCount: checked.length,
      fileCount: files.size,
      readBytes,
      damage: this.damage,
    };
  }

  private async one(id: StateId): Promise<Awaited<ReturnType<LibraryParts['states']['list']>>> {
    try {
      return { states: [await this.library.states.get(id)], damaged: [] };
    } catch (cause) {
      if (!(cause instanceof FailureError) || cause.code === 'not-found') throw cause;
      return { states: [], damaged: [{ id, reason: cause.message }] };
    }
  }

  private async states(
    manifests: readonly StateManifest[],
    only: StateManifest | null,
    images: readonly ImageManifest[],
  ): Promise<void> {
    const { states } = this.library;
    const { faults } = await states.check(only, (bytes) => this.tell(only ? `“${only.name}”` : 'Saved states', bytes));
    for (const [id, message] of faults) {
      const manifest = manifests.find((state) => state.id === id);
      // A head that was replaced, a snapshot that was deleted while it was read.
      if (!manifest || (await isGone(states.get(id)))) continue;
      const name = manifest.name || manifest.vmName;
      this.damage.push({ kind: manifest.kind, id, name, message, neededBy: this.usersOfState(id, images) });
    }
  }

  /** @param files what is known of files that another image has too: whether they are as they should be */
  private async image(
    image: ImageManifest,
    files: Map<string, boolean>,
    states: readonly StateManifest[],
  ): Promise<void> {
    const { blobs, images } = this.library;
    let message: string | null = null;
    try {
      const needed = [...new Set(await images.blobsOf(image, blobs))];
      const unread = needed.filter((sha256) => !files.has(sha256));
      await mapAtOnce(unread, FILES_AT_ONCE, async (sha256) => {
        files.set(sha256, await this.isWhole(sha256, `image “${image.name}”`));
      });
      const bad = needed.filter((sha256) => files.get(sha256) !== true);
      if (bad.length > 0) {
        const hashes = bad.slice(0, HASHES_SHOWN).map((sha256) => `${sha256.slice(0, 12)}…`);
        message = `${bad.length} of ${needed.length} files of the image “${image.name}” are damaged or missing (${hashes.join(', ')}${bad.length > HASHES_SHOWN ? ', …' : ''}). Rebuild the image to bring them back.`;
      }
    } catch (cause) {
      if (!(cause instanceof FailureError) || cause.code === 'cancelled') throw cause;
      message = cause.message;
    }
    if (message === null) return;
    if (await isGone(images.get(image.id))) return;
    const snapshots = states.filter(({ kind, config }) => kind === 'snapshot' && config.imageId === image.id);
    const neededBy = [
      ...this.vms.filter((vm) => vm.imageId === image.id).map((vm) => `VM “${vm.name}”`),
      ...snapshots.map((snapshot) => `snapshot “${snapshot.name}”`),
    ];
    this.damage.push({ kind: 'image', id: image.id, name: image.name, message, neededBy });
  }

  private async isWhole(sha256: string, what: string): Promise<boolean> {
    const hash = createHash('sha256');
    try {
      for await (const piece of (await this.library.blobs.open(sha256)).pieces) {
        this.tell(what, piece.byteLength);
        hash.update(piece);
      }
    } catch (cause) {
      if (cause instanceof FailureError && cause.code === 'cancelled') throw cause;
      // Missing, or refused by the disk: either way the image lacks it.
      return false;
    }
    return hash.digest('hex') === sha256;
  }

  private usersOfState(id: string, images: readonly ImageManifest[]): string[] {
    return [
      ...this.vms.filter((vm) => vm.head === id).map((vm) => `VM “${vm.name}”`),
      ...images.filter((image) => image.base === id).map((image) => `image “${image.name}”`),
    ];
  }

  private tell(what: string, moreBytes: number): void {
    if (this.options.signal?.aborted === true) {
      throw new FailureError('cancelled', 'The check was stopped. Nothing was changed.');
    }
    this.doneBytes += Math.max(0, moreBytes);
    const { doneBytes } = this;
    this.options.onProgress?.({ what, doneBytes, totalBytes: Math.max(doneBytes, this.totalBytes) });
  }
}
