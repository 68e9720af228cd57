import type { DirEntry } from '../../../../machine/protocol.ts';
import type { TerrariumBridge } from '../../../../shared/ipc/bridge.ts';
import type { ChosenFile, ExportTarget } from '../../../../shared/ipc/contract.ts';
import type { Result } from '../../../../shared/result.ts';
import { t } from '../../text/text.svelte.ts';
import type { Notices } from '../../vm/notices.ts';
import { DragsOut } from './drags-out.ts';
import { joinGuestPath, lastOfGuestPath } from './guest-path.ts';
import { shellQuote } from './shell-quote.ts';
import { shownName } from './shown-name.ts';
import { TransferQueue, type Arrival } from './transfer-queue.svelte.ts';
import type { Transfer } from './transfer.svelte.ts';
import type { TransferSession } from './transfer-steps.ts';

/** Where imported files land: the home of the guest's user. */
export const IMPORT_FOLDER = '/root';

/** A terminal that text can be typed into, as a paste of the person's. */
export interface PromptTarget {
  paste(text: string): Promise<void> | void;
}

/** What of a guest is to be copied out. */
export interface ExportSource {
  readonly guestPath: string;
  readonly kind: DirEntry['kind'];
}

/** Files between the host and a running VM. The page handles tokens and guest paths, never host paths. */
export class Transfers {
  readonly queue: TransferQueue;
  readonly drags: DragsOut;
  readonly #bridge: TerrariumBridge;
  readonly #notices: Notices;

  constructor(bridge: TerrariumBridge, notices: Notices, nowMs: () => number = () => performance.now()) {
    this.#bridge = bridge;
    this.#notices = notices;
    this.queue = new TransferQueue(bridge, nowMs);
    this.drags = new DragsOut(bridge, notices, this.queue);
  }

  async importChosen(session: TransferSession, folder = IMPORT_FOLDER): Promise<boolean> {
    return this.#import(session, await this.#bridge.call('file.chooseImport', undefined), folder);
  }

  async importChosenFolders(session: TransferSession, folder = IMPORT_FOLDER): Promise<boolean> {
    return this.#import(session, await this.#bridge.call('file.chooseImportFolder', undefined), folder);
  }

  /** @param prompt the terminal they were dropped on: the paths they have in the guest are typed there */
  async importDropped(
    session: TransferSession,
    files: readonly File[],
    prompt: PromptTarget | null = null,
    folder = IMPORT_FOLDER,
  ): Promise<boolean> {
    return this.#import(session, await this.#bridge.dropFiles(files), folder, prompt);
  }

  /** Asks where to, then copies one file of the guest there. @returns whether it was copied */
  async exportFile(session: TransferSession, guestPath: string): Promise<boolean> {
    return this.exportAll(session, [{ guestPath, kind: 'file' }]);
  }

  /** Asks where to, then copies files, and folders as tar archives. @returns whether all were copied */
  async exportAll(session: TransferSession, sources: readonly ExportSource[]): Promise<boolean> {
    const [only] = sources;
    if (only === undefined) return false;
    const targets = sources.length === 1 ? await this.#chooseTarget(only) : await this.#chooseFolder(sources);
    if (targets === null) return false;
    const arrivals = await this.queue.add(
      session,
      targets.map(({ source, target }) => ({
        direction: 'out',
        kind: source.kind === 'directory' ? 'folder' : 'file',
        name: lastOfGuestPath(source.guestPath),
        guestPath: source.guestPath,
        token: target.token,
        vmName: session.name,
      })),
    );
    this.#tellExports(session, arrivals);
    this.#tellFailures();
    return arrivals.length === sources.length;
  }

  /** Tries one again that failed or was broken off. */
  async retry(transfer: Transfer): Promise<void> {
    await this.queue.retry(transfer);
    this.#tellFailures();
  }

  async #import(
    session: TransferSession,
    chosen: Result<readonly ChosenFile[]>,
    folder: string,
    prompt: PromptTarget | null = null,
  ): Promise<boolean> {
    if (!chosen.ok) {
      this.#notices.failure(chosen.error.message);
      return false;
    }
    const arrivals = await this.queue.add(
      session,
      chosen.value.map((file) => ({
        direction: 'in',
        kind: file.kind,
        name: file.name,
        guestPath: joinGuestPath(folder, file.name),
        token: file.token,
        vmName: session.name,
      })),
    );
    this.#tellImports(arrivals, folder);
    this.#tellFailures();
    if (prompt !== null && arrivals.length > 0) {
      await prompt.paste(`${arrivals.map(({ guestPath }) => shellQuote(guestPath)).join(' ')} `);
    }
    return arrivals.length > 0;
  }

  #tellImports(arrivals: readonly Arrival[], folder: string): void {
    const [only] = arrivals;
    if (only === undefined) return;
    const path = shownName(only.guestPath);
    const name = shownName(only.transfer.order.name);
    if (arrivals.length > 1) {
      this.#notices.success(t('files.imported', { count: arrivals.length, folder: shownName(folder) }));
    } else if (only.guestPath === only.transfer.order.guestPath) {
      this.#notices.success(t('files.imported-one', { name, path }));
    } else this.#notices.success(t('files.imported-beside', { name, path }));
  }

  #tellExports(session: TransferSession, arrivals: readonly Arrival[]): void {
    const [only] = arrivals;
    if (only === undefined) return;
    this.#notices.success(
      arrivals.length > 1
        ? t('files.exported', { count: arrivals.length, vm: session.name })
        : t('files.exported-one', { path: shownName(only.guestPath), vm: session.name }),
    );
  }

  /** Each that failed, once; the list of transfers has them all, to be tried again. */
  #tellFailures(): void {
    for (const transfer of this.queue.takeFailures()) {
      const { name, direction, isForDrag } = transfer.order;
      const values = { name: shownName(name), why: transfer.failure ?? '' };
      if (isForDrag === true) {
        this.#notices.failure(t('files.export-failed', values));
        continue;
      }
      this.#notices.failure(direction === 'in' ? t('files.import-failed', values) : t('files.export-failed', values), {
        label: t('files.try-again'),
        run: () => void this.retry(transfer),
      });
    }
  }

  async #chooseTarget(source: ExportSource): Promise<readonly Planned[] | null> {
    const target = await this.#bridge.call('file.chooseExport', { suggestedName: hostName(source) });
    if (!target.ok) this.#notices.failure(target.error.message);
    return target.ok && target.value !== null ? [{ source, target: target.value }] : null;
  }

  async #chooseFolder(sources: readonly ExportSource[]): Promise<readonly Planned[] | null> {
    const folder = await this.#bridge.call('file.chooseExportFolder', undefined);
    if (!folder.ok) this.#notices.failure(folder.error.message);
    if (!folder.ok || folder.value === null) return null;
    const planned: Planned[] = [];
    for (const source of sources) {
      const name = hostName(source);
      const target = await this.#bridge.call('file.exportInto', { folderToken: folder.value.token, name });
      if (target.ok) planned.push({ source, target: target.value });
      else this.#notices.failure(target.error.message);
    }
    return planned;
  }
}

interface Planned {
  readonly source: ExportSource;
  readonly target: ExportTarget;
}

function hostName({ guestPath, kind }: ExportSource): string {
  const name = lastOfGuestPath(guestPath);
  return kind === 'directory' ? `${name === '/' ? 'root' : name}.tar` : name;
}
