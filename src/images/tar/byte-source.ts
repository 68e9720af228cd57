import type { FileHandle } from 'node:fs/promises';

/** Bytes taken one after another. A source that is at its end gives fewer than were asked for, in the end none. */
export interface ByteSource {
  /** How many bytes were taken or skipped. */
  readonly position: number;
  /** The next bytes, at most `maxBytes` of them; none only at the end. Good until the next call. */
  piece(maxBytes: number): Promise<Buffer>;
  /** @returns how many bytes there were to skip */
  skip(count: number): Promise<number>;
}

/** Exactly `count` bytes, or fewer at the end. */
export async function readBytes(source: ByteSource, count: number): Promise<Buffer> {
  const first = await source.piece(count);
  if (first.byteLength === count || first.byteLength === 0) return first;
  const pieces = [Buffer.from(first)];
  let missing = count - first.byteLength;
  while (missing > 0) {
    const piece = await source.piece(missing);
    if (piece.byteLength === 0) break;
    pieces.push(Buffer.from(piece));
    missing -= piece.byteLength;
  }
  return Buffer.concat(pieces);
}

/** What a stream gives, as it comes. */
export class StreamSource implements ByteSource {
  position = 0;
  private rest: Buffer = Buffer.alloc(0);
  private readonly pieces: AsyncIterator<Uint8Array>;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.pieces = pieces[Symbol.asyncIterator]();
  }

  async piece(maxBytes: number): Promise<Buffer> {
    while (this.rest.byteLength === 0) {
      const next = await this.pieces.next();
      if (next.done === true) return this.rest;
      this.rest = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    }
    const taken = this.rest.subarray(0, maxBytes);
    this.rest = this.rest.subarray(taken.byteLength);
    this.position += taken.byteLength;
    return taken;
  }

  async skip(count: number): Promise<number> {
    let skipped = 0;
    while (skipped < count) {
      const { byteLength } = await this.piece(count - skipped);
      if (byteLength === 0) break;
      skipped += byteLength;
    }
    return skipped;
  }

  /** Gives up what feeds the stream. */
  async close(): Promise<void> {
    await this.pieces.return?.();
  }
}

/** A file; what is skipped is not read. */
export class FileSource implements ByteSource {
  position = 0;
  private windowAt = 0;
  private window: Buffer = Buffer.alloc(0);
  private readonly file: FileHandle;
  private readonly sizeBytes: number;
  private readonly windowBytes: number;

  /** @param windowBytes read at once: small where much is skipped, large where all is read */
  constructor(file: FileHandle, sizeBytes: number, windowBytes: number) {
    this.file = file;
    this.sizeBytes = sizeBytes;
    this.windowBytes = windowBytes;
  }

  async piece(maxBytes: number): Promise<Buffer> {
    let from = this.position - this.windowAt;
    if (from < 0 || from >= this.window.byteLength) {
      const fresh = Buffer.allocUnsafe(Math.min(this.windowBytes, Math.max(0, this.sizeBytes - this.position)));
      const { bytesRead } = await this.file.read(fresh, 0, fresh.byteLength, this.position);
      this.window = fresh.subarray(0, bytesRead);
      this.windowAt = this.position;
      from = 0;
    }
    const taken = this.window.subarray(from, from + maxBytes);
    this.position += taken.byteLength;
    return taken;
  }

  skip(count: number): Promise<number> {
    const skipped = Math.max(0, Math.min(count, this.sizeBytes - this.position));
    this.position += skipped;
    return Promise.resolve(skipped);
  }
}
