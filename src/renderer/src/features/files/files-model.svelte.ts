import type { DirEntry } from '../../../../machine/protocol.ts';
import { toErr } from '../../../../shared/result.ts';
import { said, t } from '../../text/text.svelte.ts';
import type { Notices } from '../../vm/notices.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';
import { FileFolder } from './file-folder.svelte.ts';
import { runBusybox } from './guest-program.ts';
import { guestNameProblem, joinGuestPath, lastOfGuestPath, parentGuestPath, typedGuestPath } from './guest-path.ts';
import { shownName } from './shown-name.ts';
import { IMPORT_FOLDER, type Transfers } from './transfers.ts';

/** A file of hundreds of megabytes takes the emulated machine a while. */
const CHECKSUM_TIMEOUT_MS = 600_000;
const LINK_TIMEOUT_MS = 10_000;
const PATH_MAX_BYTES = 4096;

/** What the panel asks a person about; each is a dialog. */
export type FileQuestion =
  | { readonly kind: 'new-folder' }
  | { readonly kind: 'rename'; readonly entry: DirEntry }
  | { readonly kind: 'delete'; readonly entries: readonly DirEntry[] }
  | { readonly kind: 'checksum'; readonly path: string }
  | { readonly kind: 'view'; readonly path: string };

export interface FilesSurroundings {
  readonly transfers: Transfers;
  readonly notices: Notices;
  /** Puts text on the host's clipboard. */
  copy(text: string): Promise<void>;
}

/** What the files panel does with the guest's files. */
export class FilesModel {
  readonly folder: FileFolder;
  question: FileQuestion | null = $state.raw(null);
  readonly #session: Pick<VmSession, 'name' | 'runningMachine'>;
  readonly #around: FilesSurroundings;

  constructor(session: Pick<VmSession, 'name' | 'runningMachine'>, around: FilesSurroundings) {
    this.#session = session;
    this.#around = around;
    this.folder = new FileFolder(session);
  }

  get session(): Pick<VmSession, 'name' | 'runningMachine'> {
    return this.#session;
  }

  /** Shows where it was, or the home at first. */
  async show(): Promise<void> {
    if (this.folder.hasOpened) await this.folder.reload();
    else await this.home();
  }

  async home(): Promise<void> {
    if ((await this.folder.open(IMPORT_FOLDER)) === 'failed') await this.folder.open('/');
  }

  /** Goes to what a person typed: a folder is opened, a file is chosen in its own. @returns why not, or null */
  async goTo(typed: string): Promise<string | null> {
    const path = typedGuestPath(typed.trim(), this.folder.path, IMPORT_FOLDER);
    if (path === null) return t('files.path-bad');
    try {
      const { kind } = await this.#session.runningMachine().request('stat', { guestPath: path, followLinks: true });
      const isFolder = kind === 'directory';
      const opened = isFolder
        ? await this.folder.open(path)
        : await this.folder.open(parentGuestPath(path), lastOfGuestPath(path));
      return opened === 'failed' ? this.folder.failure : null;
    } catch (caught) {
      return said(toErr(caught).error.message);
    }
  }

  /** Goes into a folder, or a link that leads to one; shows anything else. */
  async open(entry: DirEntry | null): Promise<void> {
    if (entry === null) return;
    const path = this.folder.pathOf(entry);
    if (entry.kind === 'directory' || (entry.kind === 'symlink' && (await this.#leadsToFolder(path)))) {
      await this.folder.open(path);
    } else this.question = { kind: 'view', path };
  }

  view(entry: DirEntry | null): void {
    if (entry !== null && entry.kind !== 'directory') {
      this.question = { kind: 'view', path: this.folder.pathOf(entry) };
    }
  }

  rename(entry: DirEntry | null): void {
    if (entry !== null) this.question = { kind: 'rename', entry };
  }

  remove(): void {
    const { chosen } = this.folder;
    if (chosen.length > 0) this.question = { kind: 'delete', entries: chosen };
  }

  async copyPaths(): Promise<void> {
    const paths = this.folder.chosen.map((entry) => this.folder.pathOf(entry));
    const [only] = paths;
    if (only === undefined) return;
    try {
      await this.#around.copy(paths.join('\n'));
    } catch {
      this.#around.notices.failure(t('files.copy-failed'));
      return;
    }
    this.#around.notices.success(
      paths.length === 1
        ? t('files.path-copied', { path: shownName(only) })
        : t('files.paths-copied', { count: paths.length }),
    );
  }

  async save(): Promise<void> {
    const sources = this.folder.chosen.map((entry) => ({ guestPath: this.folder.pathOf(entry), kind: entry.kind }));
    await this.#around.transfers.exportAll(this.#session, sources);
  }

  async importFiles(): Promise<void> {
    const { transfers } = this.#around;
    if (await transfers.importChosen(this.#session, this.folder.path)) await this.folder.reload();
  }

  async importFolders(): Promise<void> {
    const { transfers } = this.#around;
    if (await transfers.importChosenFolders(this.#session, this.folder.path)) await this.folder.reload();
  }

  async drop(files: readonly File[]): Promise<void> {
    const { transfers } = this.#around;
    if (await transfers.importDropped(this.#session, files, null, this.folder.path)) await this.folder.reload();
  }

  /** @returns why it was not made, or null */
  async makeFolder(name: string): Promise<string | null> {
    return this.#change(name, (guestPath) =>
      this.#session.runningMachine().request('makeDir', { guestPath, mode: 0o755, parents: false }),
    );
  }

  /** @returns why it was not renamed, or null */
  async renameTo(entry: DirEntry, name: string): Promise<string | null> {
    if (name === entry.name) return null;
    // Linux would replace a file that has the name.
    return this.#change(name, async (to) => {
      await this.#session.runningMachine().request('rename', { from: this.folder.pathOf(entry), to });
    });
  }

  /** Removes them one after the other, folders with all they hold. @returns what was not removed and why, or null */
  async removeAll(entries: readonly DirEntry[]): Promise<string | null> {
    let failure: string | null = null;
    let count = 0;
    for (const entry of entries) {
      try {
        await this.#session.runningMachine().request('remove', {
          guestPath: this.folder.pathOf(entry),
          recursive: entry.kind === 'directory',
        });
        count += 1;
      } catch (caught) {
        failure ??= said(toErr(caught).error.message);
      }
    }
    await this.folder.reload();
    const [only] = entries;
    if (count > 0 && only !== undefined) {
      this.#around.notices.success(
        entries.length === 1 ? t('files.deleted', { name: shownName(only.name) }) : t('files.deleted-many', { count }),
      );
    }
    return failure;
  }

  /** In the guest, of what the file is now. @throws FailureError */
  async checksum(path: string, signal: AbortSignal): Promise<string> {
    const printed = await runBusybox(this.#session.runningMachine(), ['sha256sum', path], {
      maxBytes: PATH_MAX_BYTES * 2,
      timeoutMs: CHECKSUM_TIMEOUT_MS,
      signal,
    });
    // A name with a line end in it is announced by a backslash.
    const [, sum] = /^\\?([0-9a-f]{64})\b/.exec(new TextDecoder().decode(printed)) ?? [];
    if (sum === undefined) throw new Error('sha256sum printed no checksum');
    return sum;
  }

  /** Where a link leads as it says itself; null for what is none. */
  async linkTarget(path: string): Promise<string | null> {
    try {
      const bounds = { maxBytes: PATH_MAX_BYTES, timeoutMs: LINK_TIMEOUT_MS };
      const printed = await runBusybox(this.#session.runningMachine(), ['readlink', path], bounds);
      return new TextDecoder().decode(printed).replace(/\n$/, '') || null;
    } catch {
      return null;
    }
  }

  async #leadsToFolder(path: string): Promise<boolean> {
    try {
      const { kind } = await this.#session.runningMachine().request('stat', { guestPath: path, followLinks: true });
      return kind === 'directory';
    } catch {
      // A link that leads nowhere: looking at it says so.
      return false;
    }
  }

  async #change(name: string, make: (guestPath: string) => Promise<unknown>): Promise<string | null> {
    const problem = guestNameProblem(name);
    if (problem !== null) return t(`files.name-${problem}`);
    const guestPath = joinGuestPath(this.folder.path, name);
    try {
      const present = await this.#session.runningMachine().request('readDir', { guestPath: this.folder.path });
      if (present.some((entry) => entry.name === name)) return t('files.name-taken', { name: shownName(name) });
      await make(guestPath);
    } catch (caught) {
      return said(toErr(caught).error.message);
    }
    await this.folder.reload(name);
    return null;
  }
}
