import { toErr } from '../../../../shared/result.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';
import { PREVIEW_IMAGE_MAX_BYTES, PREVIEW_TEXT_MAX_BYTES, previewOf, type FilePreview } from './file-preview.ts';
import { runBusybox } from './guest-program.ts';
import { said } from '../../text/text.svelte.ts';

/** Some files of /proc and /sys wait for news when they are read. */
const READ_TIMEOUT_MS = 20_000;

export type Viewed =
  | { readonly kind: 'text'; readonly text: string; readonly hasBadBytes: boolean; readonly isCut: boolean }
  /** A `blob:` address, until the view is closed. */
  | { readonly kind: 'image'; readonly url: string }
  | { readonly kind: 'binary' | 'huge-image' | 'special' | 'empty' }
  | { readonly kind: 'failed'; readonly message: string };

/** Makes addresses of bytes for the page; the browser's `URL`, or a test's own. */
export interface BlobAddresses {
  createObjectURL(blob: Blob): string;
  revokeObjectURL(url: string): void;
}

/** A look at one file of a guest. */
export class QuickView {
  #viewed: Viewed | null = $state.raw(null);
  #sizeBytes: number | null = $state(null);
  #mode: number | null = $state(null);
  readonly #session: Pick<VmSession, 'runningMachine'>;
  readonly #addresses: BlobAddresses;
  readonly #ending = new AbortController();

  constructor(session: Pick<VmSession, 'runningMachine'>, addresses: BlobAddresses) {
    this.#session = session;
    this.#addresses = addresses;
  }

  /** Null while it is being read. */
  get viewed(): Viewed | null {
    return this.#viewed;
  }

  get sizeBytes(): number | null {
    return this.#sizeBytes;
  }

  get mode(): number | null {
    return this.#mode;
  }

  async load(path: string): Promise<void> {
    try {
      const viewed = await this.#look(path);
      if (this.#ending.signal.aborted) this.#free(viewed);
      else this.#viewed = viewed;
    } catch (caught) {
      this.#viewed = { kind: 'failed', message: said(toErr(caught).error.message) };
    }
  }

  /** The view is closed: what is under way is broken off, and the picture is let go. */
  dispose(): void {
    this.#ending.abort();
    if (this.#viewed !== null) this.#free(this.#viewed);
  }

  async #look(path: string): Promise<Viewed> {
    const machine = this.#session.runningMachine();
    const { kind, sizeBytes, mode } = await machine.request('stat', { guestPath: path, followLinks: true });
    this.#sizeBytes = sizeBytes;
    this.#mode = mode;
    // Reading a pipe or a device may wait for ever, or change something.
    if (kind !== 'file') return { kind: 'special' };
    const { signal } = this.#ending;
    const head = await runBusybox(machine, ['head', '-c', String(PREVIEW_TEXT_MAX_BYTES), path], {
      maxBytes: PREVIEW_TEXT_MAX_BYTES,
      timeoutMs: READ_TIMEOUT_MS,
      signal,
    });
    if (head.byteLength === 0) return { kind: 'empty' };
    const isCut = sizeBytes > head.byteLength;
    const preview: FilePreview = previewOf(head, isCut);
    if (preview.kind === 'text') return { ...preview, isCut };
    if (preview.kind !== 'image') return preview;
    if (sizeBytes > PREVIEW_IMAGE_MAX_BYTES) return { kind: 'huge-image' };
    const bytes =
      sizeBytes > PREVIEW_TEXT_MAX_BYTES
        ? await machine.request('readFile', { guestPath: path, maxBytes: PREVIEW_IMAGE_MAX_BYTES })
        : head;
    const blob = new Blob([new Uint8Array(bytes)], { type: preview.type });
    return { kind: 'image', url: this.#addresses.createObjectURL(blob) };
  }

  #free(viewed: Viewed): void {
    if (viewed.kind === 'image') this.#addresses.revokeObjectURL(viewed.url);
  }
}
