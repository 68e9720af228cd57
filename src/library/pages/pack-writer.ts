import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { PAGE_BYTES } from '../../shared/bulk/state-plan.ts';
import { FailureError } from '../../shared/result.ts';
import { UNFINISHED_PREFIX, writeAll } from '../durable.ts';
import type { Zstd } from '../zstd.ts';
import { packFile } from './pack-folder.ts';
import {
  BLOCK_BYTES,
  BLOCK_PAGES,
  encodePackEnd,
  encodePackHeader,
  HASH_BYTES,
  PACK_HEADER_BYTES,
  PACK_PAGES_MAX,
  type PackBlock,
} from './pack-format.ts';

const NOT_SAVED = 'The state was not saved';
/** Blocks are gathered to this before they are written. */
const WRITE_BYTES = 1024 * 1024;
/** Compressed at least by this, or kept as it is: decompressing costs, too. */
const WORTH_IT = 0.95;

/**
 * A pack being written, under a name that marks it as unfinished. `finish` makes its bytes durable, `publish` gives it
 * its name.
 */
export class PackWriter {
  readonly id: string;
  readonly generation: number;
  private readonly folder: string;
  private readonly zstd: Zstd;
  private readonly file: FileHandle;
  private readonly header: Uint8Array;
  private readonly blocks: PackBlock[] = [];
  private readonly hashes = new Uint8Array(PACK_PAGES_MAX * HASH_BYTES);
  private pageCount = 0;
  /** Of the block that is being filled. */
  private readonly raw = new Uint8Array(BLOCK_BYTES);
  private rawBytes = 0;
  private waiting: Uint8Array[] = [];
  private waitingBytes = 0;
  /** Where the next block goes, and what of the file is written. */
  private end = PACK_HEADER_BYTES;
  private writtenBytes = 0;
  private isOpen = true;
  private isPublished = false;

  private constructor(folder: string, id: string, generation: number, zstd: Zstd, file: FileHandle) {
    this.folder = folder;
    this.id = id;
    this.generation = generation;
    this.zstd = zstd;
    this.file = file;
    this.header = encodePackHeader(id, generation);
    this.waiting.push(this.header);
    this.waitingBytes = this.header.byteLength;
  }

  static async create(folder: string, id: string, generation: number, zstd: Zstd): Promise<PackWriter> {
    await mkdir(folder, { recursive: true });
    const file = await open(join(folder, UNFINISHED_PREFIX + packFile(id, generation)), 'wx');
    return new PackWriter(folder, id, generation, zstd, file);
  }

  get isFull(): boolean {
    return this.pageCount === PACK_PAGES_MAX;
  }

  get isEmpty(): boolean {
    return this.pageCount === 0;
  }

  /** The next page. @param hash its SHA-256 @returns its number in the pack */
  addPage(page: Uint8Array, hash: Uint8Array): number {
    this.raw.set(page, this.rawBytes);
    this.rawBytes += PAGE_BYTES;
    return this.addNumber(hash);
  }

  /** Counts a page that is not there any more, so that those behind it keep their numbers. */
  skipPage(): void {
    this.addNumber(null);
  }

  /** Writes what has gathered, if that is enough to be worth it. */
  async flush(): Promise<void> {
    if (this.waitingBytes >= WRITE_BYTES) await this.writeOut();
  }

  /** The whole pack, durable but without its name. @returns its size */
  async finish(): Promise<number> {
    if (this.pageCount % BLOCK_PAGES !== 0) this.endBlock();
    const hashes = this.hashes.subarray(0, this.pageCount * HASH_BYTES);
    this.push(encodePackEnd(this.header, this.blocks, hashes));
    await this.writeOut();
    await this.file.sync();
    await this.checkSize();
    await this.close();
    return this.writtenBytes;
  }

  /** The caller flushes the folder. */
  async publish(): Promise<void> {
    await rename(this.unfinished, join(this.folder, packFile(this.id, this.generation)));
    this.isPublished = true;
  }

  /** Removes it, unless it was published: somebody may have built on it since. If not, it is garbage. */
  async abort(): Promise<void> {
    await this.close();
    if (!this.isPublished) await rm(this.unfinished, { force: true });
  }

  private get unfinished(): string {
    return join(this.folder, UNFINISHED_PREFIX + packFile(this.id, this.generation));
  }

  private addNumber(hash: Uint8Array | null): number {
    const number = this.pageCount;
    if (hash) this.hashes.set(hash, number * HASH_BYTES);
    this.pageCount += 1;
    if (this.pageCount % BLOCK_PAGES === 0) this.endBlock();
    return number;
  }

  private endBlock(): void {
    const raw = this.raw.subarray(0, this.rawBytes);
    this.rawBytes = 0;
    if (raw.byteLength === 0) {
      this.blocks.push({ offset: 0, storedBytes: 0, rawBytes: 0, codec: 'stored', sha256: new Uint8Array(HASH_BYTES) });
      return;
    }
    const frame = this.zstd.compress(raw);
    const isWorthIt = frame.byteLength <= raw.byteLength * WORTH_IT;
    const stored = isWorthIt ? frame : raw.slice();
    const sha256 = createHash('sha256').update(stored).digest();
    const codec = isWorthIt ? 'zstd' : 'stored';
    this.blocks.push({ offset: this.end, storedBytes: stored.byteLength, rawBytes: raw.byteLength, codec, sha256 });
    this.end += stored.byteLength;
    this.push(stored);
  }

  private push(bytes: Uint8Array): void {
    this.waiting.push(bytes);
    this.waitingBytes += bytes.byteLength;
  }

  private async writeOut(): Promise<void> {
    const bytes = Buffer.concat(this.waiting, this.waitingBytes);
    const position = this.writtenBytes;
    this.waiting = [];
    this.waitingBytes = 0;
    this.writtenBytes += bytes.byteLength;
    await writeAll(this.file, bytes, position, NOT_SAVED);
  }

  /** A page map vouches for the pages, so the file is measured before one is written. */
  private async checkSize(): Promise<void> {
    const { size } = await this.file.stat();
    if (size === this.writtenBytes) return;
    throw new FailureError(
      'io',
      `${NOT_SAVED}: its pack has ${size} bytes on disk instead of ${this.writtenBytes}. Everything saved before is untouched. Check the disk, then try again.`,
    );
  }

  private async close(): Promise<void> {
    if (!this.isOpen) return;
    this.isOpen = false;
    await this.file.close();
  }
}
