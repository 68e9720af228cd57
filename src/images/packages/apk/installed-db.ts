import type { FileMeta } from '../../fs-tree.ts';
import type { ApkPackage } from './package-file.ts';
import { parseRecord, stanzasOf, type ApkRecord } from './record.ts';

/** Where apk keeps what it knows, below the root. */
export const APK_DB = 'lib/apk/db';

export interface InstalledFile {
  /** Within its folder. */
  readonly name: string;
  /** The lines after `R:`, as they are: owner and mode where unusual, checksum. */
  readonly lines: readonly string[];
}

interface InstalledFolder {
  readonly path: string;
  readonly lines: readonly string[];
  readonly files: InstalledFile[];
}

/** One package in apk's list of what is installed. */
export class InstalledPackage {
  readonly record: ApkRecord;
  private readonly head: readonly string[];
  private readonly folders = new Map<string, InstalledFolder>();

  constructor(record: ApkRecord, head: readonly string[]) {
    this.record = record;
    this.head = head;
  }

  addFolder(path: string, lines: readonly string[]): void {
    if (!this.folders.has(path)) this.folders.set(path, { path, lines, files: [] });
  }

  addFile(path: string, lines: readonly string[]): void {
    const { folder, name } = splitPath(path);
    this.addFolder(folder, []);
    this.folders.get(folder)?.files.push({ name, lines });
  }

  /** Another package has taken the file over. */
  forgetFile(path: string): void {
    const { folder, name } = splitPath(path);
    const files = this.folders.get(folder)?.files ?? [];
    const index = files.findIndex((file) => file.name === name);
    if (index !== -1) files.splice(index, 1);
  }

  *files(): Generator<{ readonly path: string; readonly checksum: string | null }> {
    for (const { path, files } of this.folders.values()) {
      for (const { name, lines } of files) {
        const checksum = lines.find((line) => line.startsWith('Z:'))?.slice(2) ?? null;
        yield { path: path === '' ? name : `${path}/${name}`, checksum };
      }
    }
  }

  /** Absolute, as triggers name them. */
  folderPaths(): string[] {
    return [...this.folders.keys()].map((path) => `/${path}`);
  }

  /** Names of the packages whose files this one may take over, and how much more it may than another. */
  get replaces(): { readonly names: readonly string[]; readonly priority: number } {
    const value = (key: string): string => this.head.find((line) => line.startsWith(key))?.slice(key.length) ?? '';
    const names = value('r:')
      .split(' ')
      .map((word) => word.replace(/[<>=~].*$/, ''));
    return { names, priority: Number(value('q:')) };
  }

  format(): string {
    const lines = [...this.head];
    for (const { path, lines: own, files } of this.folders.values()) {
      lines.push(`F:${path}`, ...own);
      for (const file of files) lines.push(`R:${file.name}`, ...file.lines);
    }
    return `${lines.join('\n')}\n\n`;
  }
}

/** Reads /lib/apk/db/installed; what is not well formed there is left out, so apk will be asked to install it anew. */
export function parseInstalled(text: string): InstalledPackage[] {
  const packages: InstalledPackage[] = [];
  for (const stanza of stanzasOf(text)) {
    const record = parseRecord(stanza);
    if (record === null) continue;
    const lines = stanza.split('\n').filter((line) => line !== '');
    const headEnd = lines.findIndex((line) => line.startsWith('F:'));
    const installed = new InstalledPackage(record, headEnd === -1 ? lines : lines.slice(0, headEnd));
    let folder = '';
    for (let at = headEnd === -1 ? lines.length : headEnd; at < lines.length;) {
      const line = lines[at] ?? '';
      let next = at + 1;
      while (next < lines.length && !/^[FR]:/.test(lines[next] ?? '')) next += 1;
      const own = lines.slice(at + 1, next);
      if (line.startsWith('F:')) {
        folder = line.slice(2);
        installed.addFolder(folder, own);
      } else installed.addFile(folder === '' ? line.slice(2) : `${folder}/${line.slice(2)}`, own);
      at = next;
    }
    packages.push(installed);
  }
  return packages;
}

export function formatInstalled(packages: readonly InstalledPackage[]): string {
  return packages.map((installed) => installed.format()).join('');
}

/** The order in which apk writes a package's fields. */
const FIELD_ORDER = Array.from('CPVASITULomtckDpi');

/** The entry of a package that is being installed; its files follow one by one. */
export function newInstalled(file: ApkPackage): InstalledPackage {
  const { fields } = file.record;
  const head = FIELD_ORDER.flatMap((key) => {
    const value = fields.get(key);
    return value === undefined ? [] : [`${key}:${value}`];
  });
  if (file.replaces.length > 0) head.push(`r:${file.replaces.join(' ')}`);
  if (file.replacesPriority !== null && /^\d+$/.test(file.replacesPriority)) head.push(`q:${file.replacesPriority}`);
  return new InstalledPackage(file.record, head);
}

const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;

/** Only what is unusual is written. */
export function folderLines(meta: FileMeta): string[] {
  return accessLines('M', meta, FOLDER_MODE);
}

export function fileLines(meta: FileMeta, checksum: string): string[] {
  return [...accessLines('a', meta, FILE_MODE), ...(checksum === '' ? [] : [`Z:${checksum}`])];
}

function accessLines(key: string, { uid, gid, mode }: FileMeta, usualMode: number): string[] {
  return uid === 0 && gid === 0 && mode === usualMode ? [] : [`${key}:${uid}:${gid}:${mode.toString(8)}`];
}

function splitPath(path: string): { folder: string; name: string } {
  const slash = path.lastIndexOf('/');
  return { folder: path.slice(0, Math.max(0, slash)), name: path.slice(slash + 1) };
}
