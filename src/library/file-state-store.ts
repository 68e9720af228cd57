import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as v from 'valibot';
import type { StateId } from '../shared/model/ids.ts';
import type { ScreenPreview, StateManifest } from '../shared/model/state.ts';
import { FailureError } from '../shared/result.ts';
import { errorCode } from './durable.ts';
import { checkStates } from './pages/check-states.ts';
import type { PackTables } from './pages/pack-format.ts';
import { PackFolder, type PackName } from './pages/pack-folder.ts';
import { collectPacks, planPackGarbage } from './pages/pack-garbage.ts';
import type { PageMap } from './pages/page-map.ts';
import { PageReader } from './pages/page-reader.ts';
import { PageSaver, type SaverDependencies, type SaverFolders } from './pages/page-saver.ts';
import { PageUses } from './pages/page-uses.ts';
import { checkedManifest, StateFolder } from './pages/state-folder.ts';
import { unseal } from './sealed-json.ts';
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
import { loadZstd } from './zstd.ts';

/**
 * A small file is read at once in a tenth of the time it takes on the platform's threads, and every start of the
 * command looks through all of them. So many are read in a millisecond, then others have their turn.
 */
const GLANCES_AT_ONCE = 50;
/** What a name is worth reading for. The rest, and whether it is whole, is not looked at. */
const glanceSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ value: v.object({ kind: v.picklist(['base', 'head', 'snapshot']), name: v.string() }) }),
);

interface Survey {
  readonly packs: readonly { readonly name: PackName; readonly tables: PackTables }[];
  readonly maps: readonly { readonly manifest: StateManifest; readonly map: PageMap }[];
  readonly uses: PageUses;
  /** Sentences about states of which it is not known what they need. */
  readonly unread: readonly string[];
  readonly singleFiles: readonly StateManifest[];
}

/** What writes states: in this thread, or in one of its own. */
export interface StateSaver {
  create(draft: StateDraft): Promise<StateWriter>;
}

/** States on disk, as docs/formats/library.md has it. */
export class FileStateStore implements StateStore {
  readonly folder: StateFolder;
  readonly packs: PackFolder;
  private readonly saver: StateSaver;

  /** @param saver where states are written; here, when left out */
  constructor(folders: SaverFolders, dependencies: SaverDependencies, saver?: StateSaver) {
    this.folder = new StateFolder(folders.states);
    this.packs = new PackFolder(folders.packs);
    this.saver = saver ?? new PageSaver(folders, dependencies);
  }

  async removeUnfinished(): Promise<number> {
    await this.packs.removeUnfinished();
    return this.folder.removeUnfinished();
  }

  create(draft: StateDraft): Promise<StateWriter> {
    return this.saver.create(draft);
  }

  async list(): Promise<StateListing> {
    const states: StateManifest[] = [];
    const damaged: { id: string; reason: string }[] = [];
    for await (const [id, text] of this.manifestTexts()) {
      try {
        states.push(text === null ? await this.get(id) : checkedManifest(unseal(text, `The saved state ${id}`), id));
      } catch (cause) {
        if (!(cause instanceof FailureError)) throw cause;
        // One that was removed since the folder was listed is none.
        if (cause.code !== 'not-found') damaged.push({ id, reason: cause.message });
      }
    }
    states.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
    return { states, damaged };
  }

  async names(): Promise<readonly StateName[]> {
    const found: StateName[] = [];
    for await (const [id, text] of this.manifestTexts()) {
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
    return (await this.reader(manifest)).load();
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

  async collect({ dryRun }: { readonly dryRun: boolean }): Promise<PageGarbage> {
    const survey = await this.survey();
    if (survey.unread.length > 0) {
      const why = 'Stored pages were left alone, since it could not be read which of them are needed.';
      return { freedBytes: 0, kept: [why, ...survey.unread] };
    }
    const plan = planPackGarbage(survey.packs, survey.uses);
    if (dryRun) return { freedBytes: plan.freedBytes, kept: [] };
    return collectPacks(this.packs, plan, survey.uses, await loadZstd());
  }

  async usage(): Promise<StateUsage> {
    const { packs, maps, uses, singleFiles } = await this.survey();
    const tables = new Map(packs.map((pack) => [pack.name.id, pack.tables]));
    const uniqueBytes = new Map(singleFiles.map(({ id, sizeBytes }) => [id, sizeBytes]));
    let storedBytes = sum(singleFiles, ({ sizeBytes }) => sizeBytes) + sum(packs, (pack) => pack.tables.fileBytes);
    for (const { manifest, map } of maps) {
      const mapBytes = manifest.data.layout === 'pages' ? manifest.data.mapBytes : 0;
      uniqueBytes.set(manifest.id, uses.uniqueBytes(map, tables) + mapBytes);
      storedBytes += mapBytes;
      await nextTurn();
    }
    return { storedBytes, unneededBytes: sum(packs, (pack) => uses.deadBytes(pack.tables)), uniqueBytes };
  }

  async storedBytes(): Promise<number> {
    const { packs } = await this.packs.list();
    const packBytes = await Promise.all(
      packs.map(async ({ file }) => (await stat(path.join(this.packs.path, file)).catch(() => null))?.size ?? 0),
    );
    const { states } = await this.list();
    const singleFiles = states.filter(({ data }) => data.layout === 'file');
    return sum(packBytes, (bytes) => bytes) + sum(singleFiles, ({ sizeBytes }) => sizeBytes);
  }

  check(only: StateManifest | null, tell: (bytes: number) => void): Promise<StateCheck> {
    return checkStates(this, only, tell);
  }

  async update(id: StateId, changes: ManifestChanges): Promise<StateManifest> {
    const manifest: StateManifest = { ...(await this.get(id)), ...changes };
    await this.folder.replaceManifest(manifest);
    return manifest;
  }

  async remove(id: StateId): Promise<void> {
    await this.folder.remove(id);
  }

  /** What all states need, and what there is. */
  private async survey(): Promise<Survey> {
    const { states, damaged } = await this.list();
    const uses = new PageUses();
    const unread = damaged.map(({ reason }) => reason);
    const maps: { manifest: StateManifest; map: PageMap }[] = [];
    for (const manifest of states) {
      if (manifest.data.layout === 'file') continue;
      try {
        const map = await this.folder.map(manifest);
        uses.add(map);
        maps.push({ manifest, map });
      } catch (cause) {
        if (!(cause instanceof FailureError)) throw cause;
        // One that was deleted meanwhile needs nothing.
        if (!(await this.isGone(manifest.id))) unread.push(cause.message);
      }
    }
    const packs: { name: PackName; tables: PackTables }[] = [];
    for (const [index, name] of (await this.packs.list()).packs.entries()) {
      if (index % GLANCES_AT_ONCE === 0) await nextTurn();
      try {
        packs.push({ name, tables: this.packs.tablesSync(name) });
      } catch (cause) {
        // Left alone, and named when the library is verified.
        if (errorCode(cause) === null && !(cause instanceof FailureError)) throw cause;
      }
    }
    return { packs, maps, uses, unread, singleFiles: states.filter(({ data }) => data.layout === 'file') };
  }

  private isGone(id: StateId): Promise<boolean> {
    return this.get(id).then(
      () => false,
      (cause: unknown) => cause instanceof FailureError && cause.code === 'not-found',
    );
  }

  private async reader(manifest: StateManifest): Promise<PageReader> {
    try {
      return await PageReader.open(manifest, await this.folder.map(manifest), this.packs, await loadZstd());
    } catch (cause) {
      // Deleted meanwhile: that is no damage.
      if (cause instanceof FailureError && cause.code === 'damaged') await this.get(manifest.id);
      throw cause;
    }
  }

  /** Each state's manifest as it is on disk, or null where it could not be read. */
  private async *manifestTexts(): AsyncGenerator<readonly [StateId, string | null], void, void> {
    for (const [index, id] of (await this.folder.ids()).entries()) {
      if (index % GLANCES_AT_ONCE === 0 && index > 0) await nextTurn();
      let text: string | null = null;
      try {
        text = readFileSync(this.folder.manifestFile(id), 'utf8');
      } catch (cause) {
        if (errorCode(cause) === null) throw cause;
      }
      yield [id, text];
    }
  }
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
