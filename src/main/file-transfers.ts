import { rm } from 'node:fs/promises';
import path from 'node:path';
import { keepAtExit, removeAtExit } from '../library/claims/process-mark.ts';
import type { HostTransfer } from '../library/host-transfer.ts';
import { FailureError } from '../shared/result.ts';
import type { FileTokens } from './file-tokens.ts';

type Direction = 'import' | 'export';

/** Often enough for a bar that moves, seldom enough for a page that does other things. */
const PROGRESS_EVERY_MS = 100;
/** What a person chose and does not use any more; the oldest is forgotten. */
const REMEMBERED_MAX = 1024;

export interface TransferSurroundings {
  readonly randomHex: () => string;
  /** Where archives of folders lie on their way into a VM. */
  readonly temporaryFolder: string;
  readonly nowMs: () => number;
  readonly onProgress: (progress: { token: string; doneBytes: number; totalBytes: number }) => void;
  /** Packs a folder into a new tar file, or leaves none. */
  readonly pack: (folder: string, tarPath: string, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Copies between the host and VMs that are under way: what the page may watch and break off by a token. A token that was
 * broken off before its copy began leads nowhere any more.
 */
export class FileTransfers {
  private readonly tokens: FileTokens;
  private readonly around: TransferSurroundings;
  private readonly controllers = new Map<string, AbortController>();
  private readonly folders = new Map<string, string>();
  /** What spent tokens led to, for another try. */
  private readonly spent = new Map<string, { readonly direction: Direction; readonly path: string }>();
  /** Archives to remove, by the token that leads to each. */
  private readonly archives = new Map<string, string>();

  constructor(tokens: FileTokens, around: TransferSurroundings) {
    this.tokens = tokens;
    this.around = around;
  }

  /** For a machine's bulk port: what a token leads to, once. */
  take(direction: Direction, token: string): HostTransfer | null {
    const file = this.tokens.take(direction, token);
    if (file === null) return null;
    if (!this.archives.has(token)) remember(this.spent, token, { direction, path: file });
    let toldMs = Number.NEGATIVE_INFINITY;
    return {
      path: file,
      signal: this.begin(token).signal,
      onProgress: (doneBytes, totalBytes) => {
        const nowMs = this.around.nowMs();
        if (doneBytes < totalBytes && nowMs - toldMs < PROGRESS_EVERY_MS) return;
        toldMs = nowMs;
        this.around.onProgress({ token, doneBytes, totalBytes });
      },
    };
  }

  /** A folder the person chose, to be packed or to be written into. */
  addFolder(folder: string): string {
    const token = this.around.randomHex();
    remember(this.folders, token, folder);
    return token;
  }

  /** @throws FailureError when no such folder was chosen */
  folder(token: string): string {
    const folder = this.folders.get(token);
    if (folder === undefined) {
      throw new FailureError('not-found', 'That folder was not chosen in this window. Choose it again.');
    }
    return folder;
  }

  /** Packs a chosen folder. The archive is there until its token is released. */
  async packFolder(token: string): Promise<string> {
    const folder = this.folder(token);
    const { signal } = this.begin(token);
    const tarPath = path.join(this.around.temporaryFolder, `terrarium-${this.around.randomHex()}.tar`);
    removeAtExit(tarPath);
    try {
      await this.around.pack(folder, tarPath, signal);
      if (signal.aborted) throw new FailureError('cancelled', 'The copy was cancelled.');
    } catch (cause) {
      await this.removeArchive(tarPath);
      throw cause;
    }
    const packed = this.tokens.issue('import', tarPath);
    this.archives.set(packed, tarPath);
    return packed;
  }

  /** The copy is over, or is to be: what runs is broken off, and what only served it is removed. */
  async release(token: string): Promise<void> {
    this.controllers.get(token)?.abort();
    this.controllers.delete(token);
    const archive = this.archives.get(token);
    this.archives.delete(token);
    for (const direction of ['import', 'export'] as const) {
      const file = this.tokens.take(direction, token);
      if (file !== null && file !== archive) remember(this.spent, token, { direction, path: file });
    }
    if (archive !== undefined) await this.removeArchive(archive);
  }

  /** A new token for what a spent one led to: the person wants another try. */
  again(token: string): string {
    const spent = this.spent.get(token);
    if (spent === undefined) {
      throw new FailureError('not-found', 'That file was chosen too long ago. Choose it again.');
    }
    this.spent.delete(token);
    return this.tokens.issue(spent.direction, spent.path);
  }

  private begin(token: string): AbortController {
    const controller = new AbortController();
    this.controllers.set(token, controller);
    return controller;
  }

  private async removeArchive(tarPath: string): Promise<void> {
    await rm(tarPath, { force: true });
    keepAtExit(tarPath);
  }
}

function remember<Value>(map: Map<string, Value>, token: string, value: Value): void {
  for (const oldest of map.keys()) {
    if (map.size < REMEMBERED_MAX) break;
    map.delete(oldest);
  }
  map.set(token, value);
}
