import * as v from 'valibot';
import type { StateId } from '../shared/model/ids.ts';
import type { FileChanges } from '../shared/model/file-changes.ts';
import type { ScreenPreview, StateManifest } from '../shared/model/state.ts';
import { FailureError } from '../shared/result.ts';
import { listStates, manifestTexts } from './pages/list-states.ts';
import { PackFolder } from './pages/pack-folder.ts';
import { PageReader } from './pages/page-reader.ts';
import type { SaverDependencies, SaverFolders } from './pages/page-saver.ts';
import { LocalPageWork, type PageWork } from './pages/page-work.ts';
import { StateFolder } from './pages/state-folder.ts';
import { loadSingleFile, openSingleFile, readSingleFile } from './single-file-state.ts';
import type {
  ManifestChanges,
  PageGarbage,
  StateCheck,
  StateDraft,
  StateListing,
  StateLoad,
  StateName,
  StatePages,
  StateStore,
  StateUsage,
  StateWriter,
} from './state-store.ts';
import { sum } from './sum.ts';
import { loadZstd } from './zstd.ts';

/** What a name is worth reading for. The rest, and whether it is whole, is not looked at. */
const glanceSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ value: v.object({ kind: v.picklist(['base', 'head', 'snapshot']), name: v.string() }) }),
);

/** States on disk, as docs/formats/library.md has it. */
export class FileStateStore implements StateStore {
  readonly folder: StateFolder;
  readonly packs: PackFolder;
  private readonly work: PageWork;

  /** @param work what does the heavy work; this thread, when left out */
  constructor(folders: SaverFolders, dependencies: SaverDependencies, work?: PageWork) {
    this.folder = new StateFolder(folders.states);
    this.packs = new PackFolder(folders.packs);
    this.work = work ?? new LocalPageWork(folders, dependencies);
  }

  async removeUnfinished(): Promise<number> {
    await this.packs.removeUnfinished();
    return this.folder.removeUnfinished();
  }

  create(draft: StateDraft): Promise<StateWriter> {
    return this.work.create(draft);
  }

  list(): Promise<StateListing> {
    return listStates(this.folder);
  }

  async names(): Promise<readonly StateName[]> {
    const found: StateName[] = [];
    for await (const [id, text] of manifestTexts(this.folder)) {
      const glance = v.safeParse(glanceSchema, text);
      // What cannot be read is no name; who needs it is told by `get`.
      if (glance.success) found.push({ id, ...glance.output.value });
    }
    return found;
  }

  get(id: StateId): Promise<StateManifest> {
    return this.folder.manifest(id);
  }

  screen(id: StateId): Promise<ScreenPreview | null> {
    return this.folder.screen(id);
  }

  async load(manifest: StateManifest): Promise<StateLoad> {
    const { data } = manifest;
    if (data.layout === 'file') return loadSingleFile(this.folder.dataFile(manifest.id), manifest, data);
    return this.unlessDeleted(manifest, () => this.work.load(manifest));
  }

  async *read(manifest: StateManifest): AsyncGenerator<Uint8Array, void, void> {
    const { data } = manifest;
    if (data.layout === 'file') yield* readSingleFile(this.folder.dataFile(manifest.id), manifest, data);
    else yield* (await this.reader(manifest)).pieces();
  }

  async pages(manifest: StateManifest): Promise<StatePages> {
    const { data } = manifest;
    if (data.layout === 'file') return openSingleFile(this.folder.dataFile(manifest.id), manifest, data);
    return this.reader(manifest);
  }

  compareFiles(before: StateManifest, after: StateManifest): Promise<FileChanges> {
    return this.work.compare(before, after);
  }

  collect(options: { readonly dryRun: boolean }): Promise<PageGarbage> {
    return this.work.collect(options);
  }

  usage(): Promise<StateUsage> {
    return this.work.usage();
  }

  async storedBytes(): Promise<number> {
    const { packs } = await this.packs.list();
    const packBytes = await Promise.all(packs.map((name) => this.packs.fileBytes(name)));
    const { states } = await this.list();
    const singleFiles = states.filter(({ data }) => data.layout === 'file');
    return sum(packBytes, (bytes) => bytes) + sum(singleFiles, ({ sizeBytes }) => sizeBytes);
  }

  check(only: StateManifest | null, tell: (bytes: number) => void): Promise<StateCheck> {
    return this.work.check(only, tell);
  }

  async update(id: StateId, changes: ManifestChanges): Promise<StateManifest> {
    const manifest: StateManifest = { ...(await this.get(id)), ...changes };
    await this.folder.replaceManifest(manifest);
    return manifest;
  }

  async remove(id: StateId): Promise<void> {
    await this.folder.remove(id);
  }

  private reader(manifest: StateManifest): Promise<PageReader> {
    return this.unlessDeleted(manifest, async () =>
      PageReader.open(manifest, await this.folder.map(manifest), this.packs, await loadZstd()),
    );
  }

  private async unlessDeleted<T>(manifest: StateManifest, open: () => Promise<T>): Promise<T> {
    try {
      return await open();
    } catch (cause) {
      // Deleted meanwhile: that is no damage.
      if (cause instanceof FailureError && cause.code === 'damaged') await this.get(manifest.id);
      throw cause;
    }
  }
}
