import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { mkdir, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { FailureError } from '../../shared/result.ts';
import { errorCode, UNFINISHED_PREFIX } from '../durable.ts';
import { readSealed, writeSealed } from '../sealed-json.ts';
import {
  PACK_FOOTER_BYTES,
  PACK_HEADER_BYTES,
  PACK_BLOCKS_MAX,
  PackTables,
  parsePackFooter,
  type PackBlock,
} from './pack-format.ts';

/** A pack's file. */
export interface PackName {
  readonly id: string;
  readonly generation: number;
  readonly file: string;
}

export interface PackListing {
  /** The packs that count, the oldest first: of each id the highest generation. */
  readonly packs: readonly PackName[];
  /** Files of generations that were replaced. */
  readonly replaced: readonly string[];
  /** Ids of the packs that have a list of damaged blocks. */
  readonly withBad: ReadonlySet<string>;
}

const PACK_FILE = /^([0-9a-f]{32})\.(0|[1-9][0-9]{0,8})\.(pack|bad)$/;
const ALL_BLOCKS = Array.from({ length: PACK_BLOCKS_MAX }, (_, block) => block);
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

  /** What there is. */
  async list(): Promise<PackListing> {
    const names = await readdir(this.path).catch((cause: unknown) => {
      if (errorCode(cause) === 'ENOENT') return [];
      throw cause;
    });
    const highest = new Map<string, PackName>();
    const replaced: string[] = [];
    const withBad = new Set<string>();
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
      if (highest.get(match[1])?.generation === Number(match[2])) withBad.add(match[1]);
      else replaced.push(file);
    }
    return { packs, replaced, withBad };
  }

  /** Reads a pack's tables at once: many are read one after another, and the platform's threads take ten times as long. */
  tablesSync({ file, id, generation }: PackName): PackTables {
    const descriptor = openSync(join(this.path, file), 'r');
    try {
      const fileBytes = fstatSync(descriptor).size;
      const footer = Buffer.alloc(PACK_FOOTER_BYTES);
      const header = Buffer.alloc(PACK_HEADER_BYTES);
      if (fileBytes < PACK_HEADER_BYTES + PACK_FOOTER_BYTES) throw damagedPack('it is cut short');
      readSync(descriptor, header, 0, header.byteLength, 0);
      readSync(descriptor, footer, 0, footer.byteLength, fileBytes - PACK_FOOTER_BYTES);
      const { tablesOffset, tablesBytes } = parsePackFooter(footer, fileBytes);
      const end = Buffer.alloc(tablesBytes + PACK_FOOTER_BYTES);
      if (readSync(descriptor, end, 0, end.byteLength, tablesOffset) !== end.byteLength)
        throw damagedPack('it is cut short');
      return named(new PackTables(header, end, fileBytes), id, generation);
    } finally {
      closeSync(descriptor);
    }
  }

  /** @param known the file that counted when the folder was listed; another generation may have replaced it since */
  async open(id: string, known?: PackName): Promise<OpenPack> {
    let name = known ?? (await this.find(id));
    for (let attempt = 0; attempt < OPEN_ATTEMPTS && name; attempt += 1) {
      const file = await openIfThere(join(this.path, name.file));
      if (file) return this.readOpen(file, name);
      name = await this.find(id);
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
    await this.setBadBlocks(pack, [...new Set([...known, ...blocks])]);
  }

  /** In place of what was known of the pack. */
  async setBadBlocks({ id, generation }: PackName, blocks: readonly number[]): Promise<void> {
    const list = [...blocks].sort((a, b) => a - b);
    // What was found matters more than that it cannot be written down now, on a full disk for example.
    await Promise.allSettled([writeSealed(this.badFile(id, generation), list)]);
  }

  /** Size of a pack's file; 0 when it is not there any more. */
  async fileBytes({ file }: PackName): Promise<number> {
    try {
      return (await stat(join(this.path, file))).size;
    } catch (cause) {
      if (errorCode(cause) === 'ENOENT') return 0;
      throw new FailureError('io', 'A pack of the library could not be read from disk.', { cause });
    }
  }

  /** What a crash left of packs that were being written. */
  async removeUnfinished(): Promise<void> {
    await mkdir(this.path, { recursive: true });
    for (const name of await readdir(this.path)) {
      if (name.includes(UNFINISHED_PREFIX)) await rm(join(this.path, name), { force: true });
    }
  }

  private async find(id: string): Promise<PackName | undefined> {
    return (await this.list()).packs.find((pack) => pack.id === id);
  }

  private async readOpen(file: FileHandle, name: PackName): Promise<OpenPack> {
    try {
      return new OpenPack(name, await readTables(file, name), file);
    } catch (cause) {
      await file.close();
      // Who read its tables when they were whole must not build on it any more.
      if (cause instanceof FailureError && cause.code === 'damaged') await this.setBadBlocks(name, ALL_BLOCKS);
      throw cause;
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
    return readExactly(this.file, first.offset, last.offset + last.storedBytes - first.offset);
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

async function readTables(file: FileHandle, { id, generation }: PackName): Promise<PackTables> {
  const { size: fileBytes } = await file.stat();
  if (fileBytes < PACK_HEADER_BYTES + PACK_FOOTER_BYTES) throw damagedPack('it is cut short');
  const header = await readExactly(file, 0, PACK_HEADER_BYTES);
  const footer = await readExactly(file, fileBytes - PACK_FOOTER_BYTES, PACK_FOOTER_BYTES);
  const { tablesOffset, tablesBytes } = parsePackFooter(footer, fileBytes);
  const end = await readExactly(file, tablesOffset, tablesBytes + PACK_FOOTER_BYTES);
  return named(new PackTables(header, end, fileBytes), id, generation);
}

async function readExactly(file: FileHandle, offset: number, byteCount: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(byteCount);
  let bytesRead: number;
  try {
    ({ bytesRead } = await file.read(bytes, 0, byteCount, offset));
  } catch (cause) {
    // A sector that the disk cannot read any more is as lost as one that reads wrong.
    if (errorCode(cause) === 'EIO') throw damagedPack('the disk cannot read a part of it', cause);
    throw cause;
  }
  if (bytesRead !== byteCount) throw damagedPack('it is cut short');
  return bytes;
}

function named(tables: PackTables, id: string, generation: number): PackTables {
  if (tables.id === id && tables.generation === generation) return tables;
  throw damagedPack('it has the name of another');
}

function damagedPack(why: string, cause?: unknown): FailureError {
  return new FailureError('damaged', `A pack of the library is damaged on disk (${why}).`, { cause });
}
