import { access, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { storageFailure } from '../library/durable.ts';
import type { HostTransfer } from '../library/host-transfer.ts';
import type { DragOffer, ExportTarget } from '../shared/ipc/contract.ts';
import { DRAG_MAX_BYTES, MIB } from '../shared/model/limits.ts';
import { FailureError } from '../shared/result.ts';
import { freeNameAmong, hostFileName } from './file-names.ts';
import type { FileTokens } from './file-tokens.ts';

/** Whoever was given the files of earlier drags may still be reading them. */
const KEPT_DRAGS = 4;

export interface DragSurroundings {
  /** A folder that nobody else puts anything into. */
  readonly root: string;
  readonly tokens: FileTokens;
  readonly randomHex: () => string;
  /** Begins a drag of the system's with files of the host. */
  readonly startDrag: (files: readonly string[]) => void;
}

interface Drag {
  readonly folder: string;
  readonly files: readonly string[];
  leftBytes: number;
}

/**
 * Files of guests on their way out by drag: a drag of the system's has files of the host, so they are copied into a private
 * folder first. The page names what it drags by a token; where the files lie and what they are called is decided here.
 */
export class DragFolders {
  private readonly around: DragSurroundings;
  /** The newest last. */
  private readonly drags = new Map<string, Drag>();
  /** Which drag a file's token belongs to. */
  private readonly owners = new Map<string, Drag>();

  constructor(around: DragSurroundings) {
    this.around = around;
  }

  /** Makes a folder for files with such names, and tokens to write them by. */
  async open(guestNames: readonly string[]): Promise<DragOffer> {
    const names: string[] = [];
    for (const guestName of guestNames) names.push(freeNameAmong(names, hostFileName(guestName)));
    const folder = path.join(this.around.root, this.around.randomHex());
    try {
      await mkdir(this.around.root, { recursive: true, mode: 0o700 });
      await mkdir(folder, { mode: 0o700 });
    } catch (cause) {
      throw storageFailure(cause, 'The files were not copied out');
    }
    const files = names.map((name) => path.join(folder, name));
    const drag: Drag = { folder, files, leftBytes: DRAG_MAX_BYTES };
    const targets = files.map((file): ExportTarget => {
      const token = this.around.tokens.issue('export', file);
      this.owners.set(token, drag);
      return { token, name: path.basename(file) };
    });
    const token = this.around.randomHex();
    this.drags.set(token, drag);
    await this.forgetOldest();
    return { token, targets };
  }

  /** The same transfer, refused where its drag would become too large. */
  bounded(token: string, transfer: HostTransfer | null): HostTransfer | null {
    const drag = this.owners.get(token);
    if (transfer === null || drag === undefined) return transfer;
    return {
      ...transfer,
      onSize: (sizeBytes) => {
        if (sizeBytes > drag.leftBytes)
          throw new FailureError(
            'limit',
            `More than ${DRAG_MAX_BYTES / MIB} MiB cannot be dragged out. Choose “Save out…” in the file's menu instead.`,
          );
        drag.leftBytes -= sizeBytes;
      },
    };
  }

  /** Begins the system's drag. @throws FailureError when its files are not there, or not yet */
  async start(token: string): Promise<void> {
    const drag = this.drags.get(token);
    if (drag === undefined) throw notThere();
    for (const file of drag.files) {
      await access(file).catch((cause: unknown) => {
        throw notThere(cause);
      });
    }
    this.around.startDrag(drag.files);
  }

  /** Removes what drags left behind: at the end, and at the start what a crash kept from being removed then. */
  async clear(): Promise<void> {
    this.drags.clear();
    this.owners.clear();
    await rm(this.around.root, { recursive: true, force: true });
  }

  private async forgetOldest(): Promise<void> {
    for (const [token, drag] of this.drags) {
      if (this.drags.size <= KEPT_DRAGS) return;
      this.drags.delete(token);
      for (const [file, owner] of this.owners) if (owner === drag) this.owners.delete(file);
      await rm(drag.folder, { recursive: true, force: true });
    }
  }
}

function notThere(cause?: unknown): FailureError {
  return new FailureError('not-found', 'The copy that was to be dragged is not there any more. Drag the file again.', {
    cause,
  });
}
