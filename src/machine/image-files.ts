import type { BulkClient } from '../shared/bulk/client.ts';
import { FailureError } from '../shared/result.ts';
import type { OpenedFiles } from './v86.ts';

/**
 * Bytes of image files kept in memory. v86 drops a file at every close, and a shell start opens the
 * same libraries again and again; this holds the working set of a Python or Node start.
 */
const CACHE_MAX_BYTES = 96 * 1024 * 1024;
/** What is opened is nearly always read; a larger file may be opened for its first page only. */
const EARLY_MAX_BYTES = 1024 * 1024;
/** A guest that opens files and reads none has no more than these fetched at once. */
const EARLY_MAX_COUNT = 32;

/**
 * The read-only files of an image, by content, for v86's 9p server: fetched over the bulk port when
 * the guest first reads them, verified, shared by concurrent readers, kept while there is room.
 */
export class ImageFiles implements OpenedFiles {
  private readonly cached = new Map<string, Uint8Array>();
  private readonly loading = new Map<string, Promise<Uint8Array>>();
  private cachedBytes = 0;
  /** The newest file that is too large for the cache: it is read in many small steps. */
  private large: { readonly sha256: string; readonly bytes: Uint8Array } | null = null;
  /** What a person is to be told of a failure, until a reader came to know of it. */
  private readonly unsaid = new WeakMap<Error, string>();
  private readonly bulk: BulkClient;
  private readonly onProblem: (message: string) => void;

  constructor(bulk: BulkClient, onProblem: (message: string) => void) {
    this.bulk = bulk;
    this.onProblem = onProblem;
  }

  /** @throws FailureError when the file is missing or damaged; the guest then sees an I/O error */
  async read(sha256: string, offset: number, count: number): Promise<Uint8Array> {
    try {
      const bytes = this.touch(sha256) ?? (await this.load(sha256));
      return bytes.subarray(offset, offset + count);
    } catch (cause) {
      if (cause instanceof Error) this.say(cause);
      throw cause;
    }
  }

  /**
   * The guest has opened a file: it is fetched while the guest is on its way to reading it. A failure is nobody's loss yet;
   * who reads will try again.
   */
  opened(sha256: string, sizeBytes: number): void {
    const isKnown = this.cached.has(sha256) || this.loading.has(sha256);
    if (isKnown || sizeBytes === 0 || sizeBytes > EARLY_MAX_BYTES || this.loading.size >= EARLY_MAX_COUNT) return;
    this.load(sha256).catch(() => undefined);
  }

  /** v86 calls these around opens and closes; the cache here decides by itself. */
  async cache(): Promise<void> {
    return Promise.resolve();
  }

  uncache(): void {
    return;
  }

  private touch(sha256: string): Uint8Array | null {
    if (this.large?.sha256 === sha256) return this.large.bytes;
    const bytes = this.cached.get(sha256);
    if (!bytes) return null;
    this.cached.delete(sha256);
    this.cached.set(sha256, bytes);
    return bytes;
  }

  private load(sha256: string): Promise<Uint8Array> {
    const running = this.loading.get(sha256);
    if (running) return running;
    const loading = this.fetch(sha256).finally(() => this.loading.delete(sha256));
    this.loading.set(sha256, loading);
    return loading;
  }

  private async fetch(sha256: string): Promise<Uint8Array> {
    let bytes: Uint8Array;
    try {
      bytes = await this.bulk.readAll({ kind: 'file', sha256 });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      if (cause instanceof Error) this.unsaid.set(cause, `A file of this VM's image could not be read: ${reason}`);
      throw cause;
    }
    if ((await sha256Hex(bytes)) !== sha256) {
      const message = `A file of this VM's image is damaged on disk (${sha256.slice(0, 12)}…). The program that needed it saw an I/O error. Rebuild the image.`;
      const failure = new FailureError('damaged', message);
      this.unsaid.set(failure, message);
      throw failure;
    }
    this.keep(sha256, bytes);
    return bytes;
  }

  /** Once, however many wait for the same file. */
  private say(failure: Error): void {
    const message = this.unsaid.get(failure);
    if (message === undefined) return;
    this.unsaid.delete(failure);
    this.onProblem(message);
  }

  private keep(sha256: string, bytes: Uint8Array): void {
    if (bytes.byteLength > CACHE_MAX_BYTES / 2) {
      this.large = { sha256, bytes };
      return;
    }
    this.cached.set(sha256, bytes);
    this.cachedBytes += bytes.byteLength;
    for (const [oldest, old] of this.cached) {
      if (this.cachedBytes <= CACHE_MAX_BYTES) break;
      this.cached.delete(oldest);
      this.cachedBytes -= old.byteLength;
    }
  }
}

/** SHA-256 in lower-case hex. Runs on the platform's own threads. */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
