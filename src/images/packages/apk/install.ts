import { pack } from 'tar-stream';
import type { BlobRef } from '../../../shared/model/image.ts';
import { FailureError } from '../../../shared/result.ts';
import type { FileMeta, FsTree } from '../../fs-tree.ts';
import { checksumOf } from './checksum.ts';
import { FIRST_BOOT_FOLDER, FIRST_BOOT_PROGRAM, firstBootProgram, type FirstBootRun } from './first-boot.ts';
import {
  APK_DB,
  fileLines,
  folderLines,
  formatInstalled,
  newInstalled,
  parseInstalled,
  type InstalledPackage,
} from './installed-db.ts';
import { layEntry } from './lay-entry.ts';
import type { ApkPackage, PackageEntry, ScriptKind } from './package-file.ts';
import { tarEntries } from './tar-entries.ts';
import { foldersFor, formatTriggers, parseTriggers, type Trigger } from './triggers.ts';

const PROGRAM: FileMeta = { mode: 0o755, uid: 0, gid: 0, mtimeS: 0 };
const TEXT: FileMeta = { mode: 0o644, uid: 0, gid: 0, mtimeS: 0 };

interface StoredScript {
  /** `busybox-1.36.1-r29.Q1…=.post-install` */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly mtime: Date;
}

/** How the content of files is kept and had back. */
export interface Blobs {
  readonly keep: (bytes: Uint8Array) => Promise<BlobRef>;
  readonly read: (blob: BlobRef) => Promise<Uint8Array>;
}

/**
 * Installs packages into a root file system that is Alpine's, so that its own apk will find everything as if it had
 * done it: files, /lib/apk/db, triggers. Only the scripts are left for the machine's first boot: they are programs of
 * the guest, and no program of a guest runs on this computer.
 */
export class ApkInstaller {
  private readonly tree: FsTree;
  private readonly blobs: Blobs;
  private installed: InstalledPackage[];
  private triggers: Trigger[];
  private scripts: StoredScript[];
  /** Who owns which file. */
  private readonly owners = new Map<string, InstalledPackage>();
  private readonly changedFolders = new Set<string>();
  private readonly firstBoot: FirstBootRun[] = [];
  private readonly added = new Set<string>();

  private constructor(
    tree: FsTree,
    blobs: Blobs,
    known: { installed: InstalledPackage[]; triggers: Trigger[]; scripts: StoredScript[] },
  ) {
    this.tree = tree;
    this.blobs = blobs;
    this.installed = known.installed;
    this.triggers = known.triggers;
    this.scripts = known.scripts;
    for (const owner of known.installed) for (const { path } of owner.files()) this.owners.set(path, owner);
  }

  /** @throws FailureError `bad-input` where there is no apk */
  static async open(tree: FsTree, blobs: Blobs): Promise<ApkInstaller> {
    const read = async (path: string): Promise<Uint8Array | null> => {
      const blob = tree.blobAt(path);
      return blob === null ? null : blobs.read(blob);
    };
    const installed = await read(`${APK_DB}/installed`);
    if (installed === null)
      throw new FailureError(
        'bad-input',
        'The root file system is not Alpine’s: it has no list of installed packages.',
      );
    const scripts: StoredScript[] = [];
    const tarball = await read(`${APK_DB}/scripts.tar`);
    if (tarball !== null && tarball.byteLength > 0) {
      for await (const { header, content } of tarEntries(tarball, 'Alpine’s list of scripts'))
        scripts.push({ name: header.name, bytes: content, mtime: header.mtime });
    }
    const text = (bytes: Uint8Array | null): string => (bytes === null ? '' : new TextDecoder().decode(bytes));
    return new ApkInstaller(tree, blobs, {
      installed: parseInstalled(text(installed)),
      triggers: parseTriggers(text(await read(`${APK_DB}/triggers`))),
      scripts,
    });
  }

  get packages(): readonly InstalledPackage[] {
    return this.installed;
  }

  /** Installs one package, in place of another version of it where there is one. */
  async add(file: ApkPackage): Promise<void> {
    const { record } = file;
    const old = this.installed.find((entry) => entry.record.name === record.name) ?? null;
    const entry = newInstalled(file);
    const oldFiles = new Map([...(old?.files() ?? [])].map(({ path, checksum }) => [path, checksum]));
    for (const part of file.entries) await this.place(entry, part, old, oldFiles);
    for (const path of oldFiles.keys()) {
      if (this.owners.get(path) !== old) continue;
      this.owners.delete(path);
      this.tree.remove(path);
    }
    if (old) {
      for (const folder of old.folderPaths()) this.changedFolders.add(folder);
      this.forget(old);
    }
    this.installed = [...this.installed.filter((other) => other !== old), entry];
    for (const folder of entry.folderPaths()) this.changedFolders.add(folder);
    this.added.add(record.checksum);
    if (file.triggers.length > 0)
      this.triggers = [...this.triggers, { checksum: record.checksum, patterns: file.triggers }];
    this.keepScripts(file, old?.record.version ?? null);
  }

  /**
   * Writes down what was installed, once all packages are in.
   * @param world what a person asked for, as lines of /etc/apk/world
   */
  async finish(world: readonly string[]): Promise<void> {
    const write = async (path: string, content: string | Uint8Array, meta: FileMeta = TEXT): Promise<void> =>
      this.tree.addFile(path, meta, await this.blobs.keep(Buffer.from(content)));
    await write(`${APK_DB}/installed`, formatInstalled(this.installed));
    await write(`${APK_DB}/triggers`, formatTriggers(this.triggers));
    await write(`${APK_DB}/scripts.tar`, await this.scriptsTar());
    await write('etc/apk/world', `${[...new Set(world)].sort().join('\n')}\n`);
    this.runTriggers();
    if (this.firstBoot.length === 0) return;
    const { program, scripts } = firstBootProgram(this.firstBoot);
    await write(FIRST_BOOT_PROGRAM, program, PROGRAM);
    for (const [name, script] of scripts) await write(`${FIRST_BOOT_FOLDER}/${name}`, script, PROGRAM);
  }

  private async place(
    entry: InstalledPackage,
    part: PackageEntry,
    old: InstalledPackage | null,
    oldFiles: ReadonlyMap<string, string | null>,
  ): Promise<void> {
    const { path, meta } = part;
    if (part.kind === 'directory') {
      this.tree.addDirectory(path, meta);
      entry.addFolder(path, folderLines(meta));
      return;
    }
    const owner = this.owners.get(path) ?? null;
    if (owner !== null && owner !== old && owner !== entry) {
      const right = rightOver(entry, owner);
      if (right === 'theirs') return;
      if (right === 'none') {
        throw new FailureError(
          'bad-input',
          `The packages “${entry.record.name}” and “${owner.record.name}” both have the file “/${path.slice(0, 200)}”. The image was not built; leave one of them out.`,
        );
      }
      owner.forgetFile(path);
    }
    // apk keeps what a person, or another package's script, has changed, and lays the new file beside it.
    const isChanged = await this.isChangedSetting(path, part.checksum, oldFiles.get(path) ?? null);
    await layEntry(this.tree, part, this.blobs.keep, isChanged ? `${path}.apk-new` : path);
    entry.addFile(path, fileLines(meta, part.checksum));
    this.owners.set(path, entry);
  }

  /** Protected are settings: what lies below /etc and is not as the package had it. */
  private async isChangedSetting(path: string, checksum: string, oldChecksum: string | null): Promise<boolean> {
    if (!path.startsWith('etc/')) return false;
    const blob = this.tree.blobAt(path);
    if (blob === null) return false;
    const present = checksumOf(await this.blobs.read(blob));
    return present !== checksum && present !== oldChecksum;
  }

  private forget(old: InstalledPackage): void {
    const { checksum, name, version } = old.record;
    this.triggers = this.triggers.filter((trigger) => trigger.checksum !== checksum);
    this.scripts = this.scripts.filter((script) => !script.name.startsWith(`${name}-${version}.${checksum}.`));
  }

  private keepScripts(file: ApkPackage, oldVersion: string | null): void {
    const { name, version, checksum, fields } = file.record;
    const mtime = new Date(Number(fields.get('t') ?? 0) * 1000 || 0);
    for (const [kind, bytes] of file.scripts)
      this.scripts.push({ name: `${name}-${version}.${checksum}.${kind}`, bytes, mtime });
    const kinds: readonly ScriptKind[] =
      oldVersion === null ? ['pre-install', 'post-install'] : ['pre-upgrade', 'post-upgrade'];
    for (const kind of kinds) {
      const script = file.scripts.get(kind);
      const args = oldVersion === null ? [version] : [version, oldVersion];
      if (script) this.firstBoot.push({ title: `${name}-${version}.${kind}`, script, args });
    }
  }

  /** In apk's order: after all other scripts, a package's own trigger about everything that is there. */
  private runTriggers(): void {
    const everywhere = this.installed.flatMap((entry) => entry.folderPaths());
    for (const { record } of this.installed) {
      for (const trigger of this.triggers.filter(({ checksum }) => checksum === record.checksum)) {
        const isNew = this.added.has(record.checksum);
        const args = foldersFor(trigger, isNew ? everywhere : this.changedFolders);
        const title = `${record.name}-${record.version}.trigger`;
        const script = this.scripts.find(
          ({ name }) => name === `${record.name}-${record.version}.${record.checksum}.trigger`,
        );
        if (script && args.length > 0) this.firstBoot.push({ title, script: script.bytes, args });
      }
    }
  }

  private async scriptsTar(): Promise<Uint8Array> {
    const archive = pack();
    for (const { name, bytes, mtime } of this.scripts) archive.entry({ name, mode: 0o755, mtime }, Buffer.from(bytes));
    archive.finalize();
    const chunks: Uint8Array[] = [];
    for await (const chunk of archive) chunks.push(chunk as Uint8Array);
    return Buffer.concat(chunks);
  }
}

/** Which of two packages may have a file that both bring. */
function rightOver(mine: InstalledPackage, owner: InstalledPackage): 'mine' | 'theirs' | 'none' {
  const mayReplace = mine.replaces.names.includes(owner.record.name);
  const isReplaced = owner.replaces.names.includes(mine.record.name);
  if (mayReplace && isReplaced) return owner.replaces.priority > mine.replaces.priority ? 'theirs' : 'mine';
  if (mayReplace) return 'mine';
  if (isReplaced) return 'theirs';
  const origin = mine.record.fields.get('o');
  return origin !== undefined && origin === owner.record.fields.get('o') ? 'mine' : 'none';
}
