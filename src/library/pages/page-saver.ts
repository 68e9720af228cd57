import type { StateManifest } from '../../shared/model/state.ts';
import { FailureError } from '../../shared/result.ts';
import { storageFailure } from '../durable.ts';
import type { StateDraft, StateWriter } from '../state-store.ts';
import { loadZstd } from '../zstd.ts';
import { PackFolder, type PackName } from './pack-folder.ts';
import { INDEX_PAGES_MAX, PageIndex } from './page-index.ts';
import { PageIngest } from './page-ingest.ts';
import { StateFolder } from './state-folder.ts';

/** Of what the index may hold, so much is kept when it is full. */
const KEPT_SHARE = 0.75;

const NONE: ReadonlySet<number> = new Set();

interface FoundPack {
  readonly name: PackName;
  readonly bad: ReadonlySet<number> | 'all';
}

const NOT_SAVED = 'The state was not saved';

export interface SaverFolders {
  readonly states: string;
  readonly packs: string;
}

export interface SaverDependencies {
  readonly now: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
}

/**
 * Writes states: hashes, looks pages up, compresses. Its work is heavy, so where an event loop matters it lives in a
 * thread of its own (thread-work.ts).
 */
export class PageSaver {
  private readonly states: StateFolder;
  private readonly packs: PackFolder;
  private readonly dependencies: SaverDependencies;
  private index = new PageIndex();
  /** The files the index was made of. */
  private indexed = new Map<string, string>();
  /** Two states that begin at once must not both fill the index. */
  private refreshing: Promise<void> = Promise.resolve();

  constructor(folders: SaverFolders, dependencies: SaverDependencies) {
    this.states = new StateFolder(folders.states);
    this.packs = new PackFolder(folders.packs);
    this.dependencies = dependencies;
  }

  async create(draft: StateDraft): Promise<StateWriter> {
    try {
      const refreshed = this.refreshing.then(() => this.refreshIndex());
      // The next one tries for itself.
      this.refreshing = refreshed.catch(() => undefined);
      await refreshed;
    } catch (cause) {
      throw storageFailure(cause, NOT_SAVED);
    }
    const ingest = new PageIngest({
      packs: this.packs,
      index: this.index,
      zstd: await loadZstd(),
      newPackId: () => this.newPackId(),
    });
    return new PageStateWriter(draft, ingest, this.states);
  }

  /** Finds what was stored and removed since. Nobody cleans up while a state is being saved (claims/writing.ts). */
  private async refreshIndex(): Promise<void> {
    const { packs, withBad } = await this.packs.list();
    const found: FoundPack[] = [];
    for (const name of packs) found.push({ name, bad: withBad.has(name.id) ? await this.packs.badBlocks(name) : NONE });
    const now = new Map(found.map(({ name, bad }) => [name.file, bad === 'all' ? 'all' : [...bad].join()]));
    const isGrown = [...this.indexed].every(([file, bad]) => now.get(file) === bad);
    const earlier = isGrown ? this.indexed : new Map<string, string>();
    if (!isGrown) this.index = new PageIndex();
    this.indexed = now;
    const added = found.filter(({ name }) => !earlier.has(name.file));
    if (added.every((pack) => this.addToIndex(pack, INDEX_PAGES_MAX))) return;
    // Begun anew with the newest, and room for what comes next.
    this.index = new PageIndex();
    for (const pack of found.reverse()) if (!this.addToIndex(pack, INDEX_PAGES_MAX * KEPT_SHARE)) return;
  }

  /** @returns false when it would be too many pages */
  private addToIndex({ name, bad }: FoundPack, pagesMax: number): boolean {
    if (bad === 'all') return true;
    try {
      const tables = this.packs.tablesSync(name);
      if (this.index.pageCount + tables.pageCount > pagesMax) return false;
      this.index.add(tables, bad);
    } catch (cause) {
      // Nothing new is built on it; who needs it is told when the library is verified.
      if (!(cause instanceof FailureError)) throw cause;
    }
    return true;
  }

  /** Ids sort by the time at which they were made. */
  private newPackId(): string {
    const time = this.dependencies.now().toString(16).padStart(12, '0').slice(-12);
    return time + Buffer.from(this.dependencies.randomBytes(10)).toString('hex');
  }
}

class PageStateWriter implements StateWriter {
  private readonly draft: StateDraft;
  private readonly ingest: PageIngest;
  private readonly states: StateFolder;
  /** What went wrong in a write: a state with a hole is not kept. */
  private failure: unknown = null;
  /** Pieces are taken one after another, also from who does not wait. */
  private last: Promise<void> = Promise.resolve();

  constructor(draft: StateDraft, ingest: PageIngest, states: StateFolder) {
    this.draft = draft;
    this.ingest = ingest;
    this.states = states;
  }

  write(piece: Uint8Array): Promise<void> {
    const taken = this.last.then(() => this.take(piece));
    // The one behind waits for the end of this one, however it ends.
    this.last = taken.catch(() => undefined);
    return taken;
  }

  async commit(): Promise<StateManifest> {
    try {
      await this.last;
      if (this.failure !== null) {
        throw new FailureError(
          'io',
          `${NOT_SAVED}: a part of it could not be written. Everything saved before is untouched.`,
        );
      }
      const { map, packBytes } = await this.ingest.finish();
      const { screen, ...draft } = this.draft;
      return await this.states.add(draft, map, packBytes, screen);
    } catch (cause) {
      await this.ingest.abort();
      throw storageFailure(cause, NOT_SAVED);
    }
  }

  async abort(): Promise<void> {
    await this.last;
    await this.ingest.abort();
  }

  private async take(piece: Uint8Array): Promise<void> {
    try {
      await this.ingest.write(piece);
    } catch (cause) {
      // What was refused as it is left nothing out.
      if (!(cause instanceof FailureError && cause.code === 'bad-input')) this.failure ??= cause;
      throw storageFailure(cause, NOT_SAVED);
    }
  }
}
