import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import type { BlockCodec } from '../../shared/bulk/state-plan.ts';
import { FailureError } from '../../shared/result.ts';
import { errorCode } from '../durable.ts';
import { loadZstd, type Zstd } from '../zstd.ts';
import {
  BUNDLE_HEADER_BYTES,
  BUNDLE_VERSION,
  bundleVersion,
  headerHash,
  parseSectionRow,
  SECTION_MAX_BYTES,
  SECTION_ROW_BYTES,
  SECTION_WORDS,
  sectionHash,
  type SectionType,
} from './bundle-format.ts';

/** Where a section's payload lies, to be read again. */
export interface SectionPlace {
  readonly offset: number;
  readonly storedBytes: number;
  readonly rawBytes: number;
  readonly codec: BlockCodec;
}

/** Reads a bundle from front to back and checks each section; what was read once can be read again anywhere. */
export class SectionReader {
  /** Of the file, for sentences. */
  readonly name: string;
  readonly sizeBytes: number;
  private readonly file: FileHandle;
  private readonly zstd: Zstd;
  private position = BUNDLE_HEADER_BYTES;
  private chain: Uint8Array;

  private constructor(name: string, sizeBytes: number, file: FileHandle, zstd: Zstd, header: Uint8Array) {
    this.name = name;
    this.sizeBytes = sizeBytes;
    this.file = file;
    this.zstd = zstd;
    this.chain = headerHash(header);
  }

  /** @throws FailureError `not-found`, `io`, `bad-input` for what is no bundle, `unsupported` for a newer one */
  static async open(path: string): Promise<SectionReader> {
    const zstd = await loadZstd();
    const name = basename(path);
    const file = await open(path, 'r').catch((cause: unknown) => {
      const isMissing = errorCode(cause) === 'ENOENT' || errorCode(cause) === 'ENOTDIR';
      const words = isMissing ? 'does not exist' : 'cannot be read';
      throw new FailureError(isMissing ? 'not-found' : 'io', `“${name}” ${words}. Nothing was imported.`, { cause });
    });
    try {
      const info = await file.stat();
      if (!info.isFile()) throw new FailureError('bad-input', `“${name}” is not a file. Nothing was imported.`);
      const header = Buffer.alloc(Math.min(BUNDLE_HEADER_BYTES, info.size));
      await file.read(header, 0, header.byteLength, 0);
      const version = bundleVersion(header);
      if (version === null) {
        throw new FailureError(
          'bad-input',
          `“${name}” is not a .terrarium file. Nothing was imported. Choose a file that “snapshot export” wrote.`,
        );
      }
      if (version > BUNDLE_VERSION) {
        throw new FailureError(
          'unsupported',
          `“${name}” has format ${version}, and this Terrarium reads format ${BUNDLE_VERSION}. Nothing was imported. Use a newer Terrarium.`,
        );
      }
      const reader = new SectionReader(name, info.size, file, zstd, header);
      if (version !== BUNDLE_VERSION || header.readUInt32LE(12) !== 0) throw reader.damaged('its first bytes');
      return reader;
    } catch (cause) {
      await file.close();
      throw cause;
    }
  }

  /** Bytes that were read from front to back. */
  get doneBytes(): number {
    return this.position;
  }

  /**
   * The next section, which must be of this type.
   * @param rawBytes how long its payload must be; left out for JSON
   * @throws FailureError `damaged`
   */
  async next(type: SectionType, rawBytes?: number): Promise<{ payload: Uint8Array; place: SectionPlace }> {
    const row = await this.readAt(this.position, SECTION_ROW_BYTES, type);
    const { type: found, codec, storedBytes, rawBytes: announced, sha256 } = parseSectionRow(row);
    const isPossible =
      announced <= SECTION_MAX_BYTES &&
      (rawBytes === undefined || announced === rawBytes) &&
      (codec === 'zstd' ? storedBytes < announced : storedBytes === announced);
    // A changed type or size is found by the hash, too; but nothing may be allocated for it before.
    if (found !== type || codec === null || !isPossible) throw this.damaged(SECTION_WORDS[type]);
    const place: SectionPlace = { offset: this.position + SECTION_ROW_BYTES, storedBytes, rawBytes: announced, codec };
    const stored = await this.readAt(place.offset, storedBytes, type);
    const hash = sectionHash(row, stored, this.chain);
    if (Buffer.compare(hash, sha256) !== 0) throw this.damaged(SECTION_WORDS[type]);
    this.chain = hash;
    this.position = place.offset + storedBytes;
    return { payload: this.unpack(stored, place, type), place };
  }

  /** A list that is cut where a section is full. @param totalBytes of all of it */
  async *list(type: SectionType, totalBytes: number, fullBytes: number): AsyncGenerator<Uint8Array, void, void> {
    for (let done = 0; done < totalBytes; done += fullBytes) {
      yield (await this.next(type, Math.min(fullBytes, totalBytes - done))).payload;
    }
  }

  async nextJson(type: SectionType): Promise<unknown> {
    const { payload } = await this.next(type);
    try {
      return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    } catch (cause) {
      throw this.damaged(SECTION_WORDS[type], cause);
    }
  }

  /** The end, and nothing after it. @throws FailureError `damaged` */
  async finish(): Promise<void> {
    await this.next('DONE', 0);
    if (this.position !== this.sizeBytes) {
      throw new FailureError(
        'damaged',
        `“${this.name}” has something behind its end. Nothing was imported. Get the file again.`,
      );
    }
  }

  /** A section's payload once more. Its content is for the caller to compare: the file may have changed since. */
  async again(place: SectionPlace, type: SectionType): Promise<Uint8Array> {
    return this.unpack(await this.readAt(place.offset, place.storedBytes, type), place, type);
  }

  damaged(part: string, cause?: unknown): FailureError {
    return new FailureError(
      'damaged',
      `“${this.name}” is damaged (${part}). Nothing was imported. Get the file again.`,
      { cause },
    );
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private async readAt(offset: number, lengthBytes: number, type: SectionType): Promise<Uint8Array> {
    if (offset + lengthBytes > this.sizeBytes) {
      throw new FailureError(
        'damaged',
        `“${this.name}” is cut short (in ${SECTION_WORDS[type]}). Nothing was imported. Get the file again.`,
      );
    }
    const bytes = new Uint8Array(lengthBytes);
    for (let done = 0; done < lengthBytes;) {
      const { bytesRead } = await this.file
        .read(bytes, done, lengthBytes - done, offset + done)
        .catch((cause: unknown) => {
          throw new FailureError('io', `“${this.name}” cannot be read. Nothing was imported.`, { cause });
        });
      if (bytesRead === 0) throw this.damaged(SECTION_WORDS[type]);
      done += bytesRead;
    }
    return bytes;
  }

  private unpack(stored: Uint8Array, { codec, rawBytes }: SectionPlace, type: SectionType): Uint8Array {
    if (codec === 'stored') return stored;
    try {
      return this.zstd.decompress(stored, rawBytes);
    } catch (cause) {
      throw this.damaged(SECTION_WORDS[type], cause);
    }
  }
}
