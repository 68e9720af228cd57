import { setImmediate as nextTurn } from 'node:timers/promises';
import { savedFiles } from '../../machine/saved-files.ts';
import { decodeStateBytes } from '../../machine/state-decoder.ts';
import type { FileChanges } from '../../shared/model/file-changes.ts';
import type { StateManifest } from '../../shared/model/state.ts';
import type { PageGarbage, StateCheck, StateDraft, StateLoad, StateUsage, StateWriter } from '../state-store.ts';
import { compareFiles, fileMarks, type FileMark } from '../compare-files.ts';
import { readSingleFile } from '../single-file-state.ts';
import { sum } from '../sum.ts';
import { loadZstd } from '../zstd.ts';
import { checkStates } from './check-states.ts';
import { PackFolder } from './pack-folder.ts';
import { collectPacks, planPackGarbage } from './pack-garbage.ts';
import { PageReader } from './page-reader.ts';
import { PageSaver, type SaverDependencies, type SaverFolders } from './page-saver.ts';
import { StateFolder } from './state-folder.ts';
import { surveyPages } from './survey.ts';

/**
 * What of a store takes a processor's time: hashing, compressing, looking through everything. It is done here
 * ({@link LocalPageWork}), or in a thread of its own where an event loop matters (thread-work.ts). See StateStore.
 */
export interface PageWork {
  create(draft: StateDraft): Promise<StateWriter>;
  /** A state of pages, for a machine: compared with its hashes, and its memory decompressed. @throws FailureError `damaged` */
  load(manifest: StateManifest): Promise<StateLoad>;
  /** What changed from the files of one state to those of another. @throws FailureError `damaged` */
  compare(before: StateManifest, after: StateManifest): Promise<FileChanges>;
  collect(options: { readonly dryRun: boolean }): Promise<PageGarbage>;
  usage(): Promise<StateUsage>;
  check(only: StateManifest | null, tell: (bytes: number) => void): Promise<StateCheck>;
}

export class LocalPageWork implements PageWork {
  private readonly states: StateFolder;
  private readonly packs: PackFolder;
  private readonly saver: PageSaver;

  constructor(folders: SaverFolders, dependencies: SaverDependencies) {
    this.states = new StateFolder(folders.states);
    this.packs = new PackFolder(folders.packs);
    this.saver = new PageSaver(folders, dependencies);
  }

  create(draft: StateDraft): Promise<StateWriter> {
    return this.saver.create(draft);
  }

  async load(manifest: StateManifest): Promise<StateLoad> {
    const map = await this.states.map(manifest);
    return (await PageReader.open(manifest, map, this.packs, await loadZstd())).load();
  }

  async compare(before: StateManifest, after: StateManifest): Promise<FileChanges> {
    // One after the other: a state's files may be many.
    const old = await this.fileMarks(before);
    return compareFiles(old, await this.fileMarks(after));
  }

  async collect({ dryRun }: { readonly dryRun: boolean }): Promise<PageGarbage> {
    const survey = await surveyPages(this.states, this.packs);
    if (survey.unread.length > 0) {
      const why = 'Stored pages were left alone, since it could not be read which of them are needed.';
      return { freedBytes: 0, kept: [why, ...survey.unread] };
    }
    const plan = planPackGarbage(survey.packs, survey.uses);
    if (dryRun) return { freedBytes: plan.freedBytes, kept: [] };
    return collectPacks(this.packs, plan, survey.uses, await loadZstd());
  }

  async usage(): Promise<StateUsage> {
    const { packs, maps, uses, singleFiles } = await surveyPages(this.states, this.packs);
    const tables = new Map(packs.flatMap((pack) => (pack.tables ? [[pack.name.id, pack.tables] as const] : [])));
    const uniqueBytes = new Map(singleFiles.map(({ id, sizeBytes }) => [id, sizeBytes]));
    let storedBytes = sum(singleFiles, ({ sizeBytes }) => sizeBytes) + sum(packs, (pack) => pack.fileBytes);
    for (const { manifest, map } of maps) {
      const mapBytes = manifest.data.layout === 'pages' ? manifest.data.mapBytes : 0;
      uniqueBytes.set(manifest.id, uses.uniqueBytes(map, tables) + mapBytes);
      storedBytes += mapBytes;
      await nextTurn();
    }
    const unneededBytes = sum(packs, (pack) => (pack.tables ? uses.deadBytes(pack.tables) : 0));
    return { storedBytes, unneededBytes, uniqueBytes };
  }

  check(only: StateManifest | null, tell: (bytes: number) => void): Promise<StateCheck> {
    return checkStates(this.states, this.packs, only, tell);
  }

  private async fileMarks(manifest: StateManifest): Promise<Map<string, FileMark>> {
    const { data, id } = manifest;
    const bytes =
      data.layout === 'file'
        ? readSingleFile(this.states.dataFile(id), manifest, data)
        : (await PageReader.open(manifest, await this.states.map(manifest), this.packs, await loadZstd())).pieces();
    const { content, tree } = await decodeStateBytes(bytes);
    return fileMarks(savedFiles(tree, content));
  }
}
