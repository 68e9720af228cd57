import type { BulkClient } from '../shared/bulk/client.ts';
import { FailureError } from '../shared/result.ts';
import type { FileStorage } from './v86-internals.ts';

/**
 * Bytes of image files kept in memory. v86 drops a file at every close, and a shell start opens the
 * same libraries again and again; this holds the working set of a Python or Node start.
 */
const CACHE_MAX_BYTES = 96 * 1024 * 1024;

/**
 * The read-only files of an image, by content, for v86's 9p server: fetched over the bulk port when
 * the guest first reads them, verified, shared by concurrent readers, kept while there is room.
 */
export class ImageFiles implements FileStorage {
  private readonly cached = new Map<string, Uint8Array>();
  private readonly loading = new Map<string, Promise<Uint8Array>>();
  private cachedBytes = 0;
  /** The newest file that is too large for the cache: it is read in many small steps. */
  private large: { readonly sha256: string; readonly bytes: Uint8Array } | null = null;
  private readonly bulk: BulkClient;
  private readonly onProblem: (message: string) => void;

  constructor(bulk: BulkClient, onProblem: (message: string) => void) {
    this.bulk = bulk;
    this.onProblem = onProblem;
  }

  /** @throws FailureError when the file is missing or damaged; the guest then sees an I/O error */
  async read(sha256: string, offset: number, count: number): Promise<Uint8Array> {
    const bytes = this.touch(sha256) ?? (await this.load(sha256));
    return bytes.subarray(offset, offset + count);
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
      this.onProblem(`A file of this VM's image could not be read: ${reason}`);
      throw cause;
    }
    if ((await sha256Hex(bytes)) !== sha256) {
      const message = `A file of this VM's image is damaged on disk (${sha256.slice(0, 12)}…). The program that needed it saw an I/O error. Rebuild the image.`;
      this.onProblem(message);
      throw new FailureError('damaged', message);
    }
    this.keep(sha256, bytes);
    return bytes;
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
