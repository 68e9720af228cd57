import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { mkdir, open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { FailureError } from '../../shared/result.ts';
import { errorCode, UNFINISHED_PREFIX } from '../durable.ts';
import { readSealed, writeSealed } from '../sealed-json.ts';
import { PACK_FOOTER_BYTES, PACK_HEADER_BYTES, PackTables, parsePackFooter, type PackBlock } from './pack-format.ts';

/** A pack's file. */
export interface PackName {
  readonly id: string;
  readonly generation: number;
  readonly file: string;
}

const PACK_FILE = /^([0-9a-f]{32})\.(0|[1-9][0-9]{0,8})\.(pack|bad)$/;
const badList = v.array(v.pipe(v.number(), v.integer(), v.minValue(0)));

export function packFile(id: string, generation: number): string {
  return `${id}.${generation}.pack`;
}

/** The folder with all packs. */
export class PackFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The packs that count, the oldest first: of each id the highest generation. And files that were replaced. */
  async list(): Promise<{ packs: readonly PackName[]; replaced: readonly string[] }> {
    const names = await readdir(this.path).catch((cause: unknown) => {
      if (errorCode(cause) === 'ENOENT') return [];
      throw cause;
    });
    const highest = new Map<string, PackName>();
    const replaced: string[] = [];
    for (const file of names) {
      const match = PACK_FILE.exec(file);
      if (!match?.[1] || match[3] !== 'pack') continue;
      const pack = { id: match[1], generation: Number(match[2]), file };
      const other = highest.get(pack.id);
      if (other && other.generation > pack.generation) replaced.push(file);
      else {
        if (other) replaced.push(other.file);
        highest.set(pack.id, pack);
      }
    }
    // Ids begin with the time at which they were made.
    const packs = [...highest.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const file of names) {
      const match = PACK_FILE.exec(file);
      if (match?.[3] !== 'bad' || !match[1]) continue;
      if (highest.get(match[1])?.generation !== Number(match[2])) replaced.push(file);
    }
    return { packs, replaced };
  }

  /** Reads a pack's tables at once: many are read one after another, and the platform's threads take ten times as long. */
  tablesSync({ file, id, generation }: PackName): PackTables {
    const descriptor = openSync(join(this.path, file), 'r');
    try {
      const fileBytes = fstatSync(descriptor).size;
      const footer = Buffer.alloc(PACK_FOOTER_BYTES);
      const header = Buffer.alloc(PACK_HEADER_BYTES);
      if (fileBytes < PACK_HEADER_BYTES + PACK_FOOTER_BYTES) throw cutShort();
      readSync(descriptor, header, 0, header.byteLength, 0);
      readSync(descriptor, footer, 0, footer.byteLength, fileBytes - PACK_FOOTER_BYTES);
      const { tablesOffset, tablesBytes } = parsePackFooter(footer, fileBytes);
      const end = Buffer.alloc(tablesBytes + PACK_FOOTER_BYTES);
      if (readSync(descriptor, end, 0, end.byteLength, tablesOffset) !== end.byteLength) throw cutShort();
      return named(new PackTables(header, end, fileBytes), id, generation);
    } finally {
      closeSync(descriptor);
    }
  }

  /** @param known the file that counted when the folder was listed; another generation may have replaced it since */
  async open(id: string, known?: PackName): Promise<OpenPack> {
    const first = known ?? { id, generation: 0, file: packFile(id, 0) };
    for (let attempt = 0, name: PackName | undefined = first; attempt < OPEN_ATTEMPTS; attempt += 1) {
      const file = name && (await openIfThere(join(this.path, name.file)));
      if (name && file) return readOpenPack(file, name);
      name = (await this.list()).packs.find((pack) => pack.id === id);
      if (!name) break;
    }
    throw new FailureError('damaged', 'A pack of the library is missing on disk.');
  }

  /** Blocks of a pack that were found damaged. A list that is damaged itself says that all may be. */
  async badBlocks({ id, generation }: PackName): Promise<ReadonlySet<number> | 'all'> {
    try {
      const list = await readSealed(this.badFile(id, generation), 'A list of damaged blocks');
      return new Set(list === null ? [] : v.parse(badList, list));
    } catch (cause) {
      if (cause instanceof FailureError || v.isValiError(cause)) return 'all';
      throw cause;
    }
  }

  /** So that nothing new is built on them. */
  async addBadBlocks(pack: PackName, blocks: readonly number[]): Promise<void> {
    const known = await this.badBlocks(pack);
    if (known === 'all' || blocks.every((block) => known.has(block))) return;
    await writeSealed(
      this.badFile(pack.id, pack.generation),
      [...new Set([...known, ...blocks])].sort((a, b) => a - b),
    );
  }

  /** What a crash left of packs that were being written. */
  async removeUnfinished(): Promise<void> {
    await mkdir(this.path, { recursive: true });
    for (const name of await readdir(this.path)) {
      if (name.includes(UNFINISHED_PREFIX)) await rm(join(this.path, name), { force: true });
    }
  }

  private badFile(id: string, generation: number): string {
    return join(this.path, `${id}.${generation}.bad`);
  }
}

/** Between looking and opening, a clean-up may replace a pack; hardly twice. */
const OPEN_ATTEMPTS = 5;

/** A pack whose file is open. It stays readable when the file is replaced. */
export class OpenPack {
  readonly name: PackName;
  readonly tables: PackTables;
  private readonly file: FileHandle;

  constructor(name: PackName, tables: PackTables, file: FileHandle) {
    this.name = name;
    this.tables = tables;
    this.file = file;
  }

  /** The stored bytes of neighbouring blocks, unverified. */
  async readStored(first: PackBlock, last: PackBlock): Promise<Uint8Array> {
    const bytes = new Uint8Array(last.offset + last.storedBytes - first.offset);
    const { bytesRead } = await this.file.read(bytes, 0, bytes.byteLength, first.offset);
    if (bytesRead !== bytes.byteLength) throw cutShort();
    return bytes;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return null;
    throw new FailureError('io', 'A pack of the library could not be read from disk.', { cause });
  }
}

async function readOpenPack(file: FileHandle, name: PackName): Promise<OpenPack> {
  try {
    const { size: fileBytes } = await file.stat();
    if (fileBytes < PACK_HEADER_BYTES + PACK_FOOTER_BYTES) throw cutShort();
    const header = await readExactly(file, 0, PACK_HEADER_BYTES);
    const footer = await readExactly(file, fileBytes - PACK_FOOTER_BYTES, PACK_FOOTER_BYTES);
    const { tablesOffset, tablesBytes } = parsePackFooter(footer, fileBytes);
    const end = await readExactly(file, tablesOffset, tablesBytes + PACK_FOOTER_BYTES);
    return new OpenPack(name, named(new PackTables(header, end, fileBytes), name.id, name.generation), file);
  } catch (cause) {
    await file.close();
    throw cause;
  }
}

async function readExactly(file: FileHandle, offset: number, byteCount: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(byteCount);
  const { bytesRead } = await file.read(bytes, 0, byteCount, offset);
  if (bytesRead !== byteCount) throw cutShort();
  return bytes;
}

function named(tables: PackTables, id: string, generation: number): PackTables {
  if (tables.id === id && tables.generation === generation) return tables;
  throw new FailureError('damaged', 'A pack of the library is damaged on disk (it has the name of another).');
}

function cutShort(): FailureError {
  return new FailureError('damaged', 'A pack of the library is damaged on disk (it is cut short).');
}
