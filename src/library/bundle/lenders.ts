import type { StateId } from '../../shared/model/ids.ts';
import type { StateManifest } from '../../shared/model/state.ts';
import { FailureError } from '../../shared/result.ts';
import type { StatePages, StateStore } from '../state-store.ts';
import type { Lender } from './bundle-pages.ts';
import { HASH_BYTES } from './bundle-format.ts';
import { isZeroHash, PageNumbers } from './page-numbers.ts';
import type { BundleContents } from './read-bundle.ts';

/** The states that lend pages to a bundle, open until it is imported. */
export class Lenders {
  readonly pages = new Map<number, Lender>();
  private readonly opened: StatePages[] = [];

  /**
   * Finds every page that a bundle does not have: in the state it names, else in any other of the same images.
   * @throws FailureError `not-found` when some are nowhere
   */
  static async find(store: StateStore, name: string, contents: BundleContents, tell: () => void): Promise<Lenders> {
    const lenders = new Lenders();
    try {
      await lenders.findAll(store, name, contents, tell);
      return lenders;
    } catch (cause) {
      await lenders.close();
      throw cause;
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.opened.map((pages) => pages.close()));
  }

  private async findAll(
    store: StateStore,
    name: string,
    { head, states }: BundleContents,
    tell: () => void,
  ): Promise<void> {
    let missing = missingPages(states);
    if (missing.length === 0) return;
    const systems = new Set(head.images.map(({ fsSha256 }) => fsSha256));
    const candidates = (await store.list()).states.filter(({ config }) => systems.has(config.fsSha256));
    for (const candidate of namedFirst(candidates, head.since?.id ?? null)) {
      tell();
      missing = await this.lend(store, candidate, missing);
      if (missing.length === 0) return;
    }
    throw new FailureError(
      'not-found',
      `“${name}” holds only what is new since the snapshot “${head.since?.name ?? ''}”, which is not in this library. Nothing was imported. Import that snapshot first, or export without --since.`,
    );
  }

  /** @returns what is still missing */
  private async lend(
    store: StateStore,
    candidate: StateManifest,
    missing: readonly MissingPage[],
  ): Promise<readonly MissingPage[]> {
    const pages = await store.pages(candidate).catch((cause: unknown) => {
      // Damaged, or deleted meanwhile: another one may have the pages.
      if (cause instanceof FailureError) return null;
      throw cause;
    });
    if (pages === null) return missing;
    const { hashes } = pages;
    const numbers = new PageNumbers();
    const places: number[] = [];
    for (let at = 0; at < hashes.byteLength; at += HASH_BYTES) {
      if (isZeroHash(hashes, at)) continue;
      const before = numbers.count;
      numbers.add(hashes, at);
      if (numbers.count > before) places.push(at / HASH_BYTES);
    }
    const left: MissingPage[] = [];
    for (const wanted of missing) {
      const page = places[numbers.find(wanted.hashes, wanted.offset)];
      if (page === undefined) left.push(wanted);
      else this.pages.set(wanted.number, { pages, page });
    }
    // Each has its files open.
    if (left.length === missing.length) await pages.close();
    else this.opened.push(pages);
    return left;
  }
}

interface MissingPage {
  readonly number: number;
  readonly hashes: Uint8Array;
  readonly offset: number;
}

function missingPages(states: BundleContents['states']): readonly MissingPage[] {
  const missing: MissingPage[] = [];
  for (const { state, firstNumber, hashes } of states) {
    for (let index = state.newPages; index < state.newPages + state.lentPages; index += 1) {
      missing.push({ number: firstNumber + index, hashes, offset: index * HASH_BYTES });
    }
  }
  return missing;
}

/** What is called by another id may be the same snapshot, imported; the newest is the likeliest. */
function namedFirst(candidates: readonly StateManifest[], id: StateId | null): readonly StateManifest[] {
  return [...candidates.filter((state) => state.id === id), ...candidates.filter((state) => state.id !== id).reverse()];
}
