import { createWriteStream, type WriteStream } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { err, ok, type Result } from '../../src/shared/result.ts';
import { pcapngHeader, pcapngPacket } from '../stack/pcapng.ts';

/** Enough for an hour of a busy VM; a capture that was forgotten must not fill the disk. */
const FILE_MAX_BYTES = 1024 * 1024 * 1024;

/** What the disk has not taken yet. Beyond it frames are missing in the file, never held in memory. */
const UNWRITTEN_MAX_BYTES = 16 * 1024 * 1024;

/** The person's own traffic: nobody else's to read. */
const FILE_MODE = 0o600;

const US_PER_MS = 1000;

export interface CaptureBounds {
  readonly fileMaxBytes?: number;
  readonly unwrittenMaxBytes?: number;
}

/** The frames of one VM on their way into a pcapng file. */
export class CaptureFile {
  readonly #path: string;
  readonly #stream: WriteStream;
  readonly #onEnd: (reason: string) => void;
  readonly #fileMaxBytes: number;
  readonly #unwrittenMaxBytes: number;
  #bytes = 0;
  #missingFrames = 0;
  #isOpen = true;

  private constructor(path: string, stream: WriteStream, onEnd: (reason: string) => void, bounds: CaptureBounds) {
    this.#path = path;
    this.#stream = stream;
    this.#onEnd = onEnd;
    this.#fileMaxBytes = bounds.fileMaxBytes ?? FILE_MAX_BYTES;
    this.#unwrittenMaxBytes = bounds.unwrittenMaxBytes ?? UNWRITTEN_MAX_BYTES;
    stream.on('error', (error) => this.#end(`The capture has ended: ${error.message}. What was written is kept.`));
    this.#write(pcapngHeader());
  }

  /**
   * @param path the file, which is replaced
   * @param onEnd the capture ended by itself (full, or the disk is): a sentence that says why
   */
  static open(path: string, onEnd: (reason: string) => void, bounds: CaptureBounds = {}): Promise<Result<CaptureFile>> {
    return new Promise((resolve) => {
      const stream = createWriteStream(path, { mode: FILE_MODE });
      const fail = (error: Error): void => resolve(err('io', `The capture cannot be written: ${error.message}`));
      stream.once('error', fail);
      stream.once('open', () => {
        stream.off('error', fail);
        resolve(ok(new CaptureFile(path, stream, onEnd, bounds)));
      });
    });
  }

  /** @param direction as the VM sees it: `in` came to it, `out` is what it sent */
  write(frame: Uint8Array, direction: 'in' | 'out'): void {
    if (!this.#isOpen) return;
    if (this.#stream.writableLength > this.#unwrittenMaxBytes) {
      this.#missingFrames += 1;
      return;
    }
    const nowUs = (performance.timeOrigin + performance.now()) * US_PER_MS;
    const packet = pcapngPacket(frame, nowUs, direction);
    if (this.#bytes + packet.byteLength <= this.#fileMaxBytes) return this.#write(packet);
    this.#stream.end();
    this.#end(`The capture has ended because its file ${this.#path} is full.`);
  }

  /** @returns how many frames are missing because the disk was too slow, once everything is written */
  async close(): Promise<number> {
    this.#isOpen = false;
    await new Promise<void>((resolve) => {
      if (this.#stream.closed) return resolve();
      this.#stream.once('close', resolve);
      this.#stream.end();
    });
    return this.#missingFrames;
  }

  #write(bytes: Uint8Array): void {
    this.#bytes += bytes.byteLength;
    this.#stream.write(bytes);
  }

  #end(reason: string): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#onEnd(reason);
  }
}
