import type { DirEntry } from '../../../../machine/protocol.ts';
import { toErr } from '../../../../shared/result.ts';
import type { VmSession } from '../../vm/vm-session.svelte.ts';
import { joinGuestPath, parentGuestPath } from './guest-path.ts';
import { said } from '../../text/text.svelte.ts';

/** One folder of a running VM at a time. */
export class FileBrowser {
  #folder: string = $state('/');
  #entries: readonly DirEntry[] = $state.raw([]);
  #failure: string | null = $state(null);
  #isLoading = $state(false);
  #chosenName: string | null = $state(null);
  #request = 0;
  readonly #session: VmSession;

  constructor(session: VmSession) {
    this.#session = session;
  }

  get folder(): string {
    return this.#folder;
  }

  /** Folders first, each by name. */
  get entries(): readonly DirEntry[] {
    return this.#entries;
  }

  get failure(): string | null {
    return this.#failure;
  }

  get isLoading(): boolean {
    return this.#isLoading;
  }

  get chosenName(): string | null {
    return this.#chosenName;
  }

  get chosenPath(): string | null {
    return this.#chosenName === null ? null : joinGuestPath(this.#folder, this.#chosenName);
  }

  async open(folder: string): Promise<void> {
    this.#request += 1;
    const request = this.#request;
    this.#folder = folder;
    this.#chosenName = null;
    this.#failure = null;
    this.#isLoading = true;
    try {
      const entries = await this.#session.runningMachine().request('readDir', { guestPath: folder });
      // A faster click elsewhere wins over a slow answer.
      if (request === this.#request) this.#entries = entries.toSorted(compareEntries);
    } catch (caught) {
      if (request !== this.#request) return;
      this.#entries = [];
      this.#failure = said(toErr(caught).error.message);
    } finally {
      if (request === this.#request) this.#isLoading = false;
    }
  }

  up(): Promise<void> {
    return this.open(parentGuestPath(this.#folder));
  }

  /** Goes into a folder; chooses anything else that has bytes to copy. */
  async pick(entry: DirEntry): Promise<void> {
    if (entry.kind === 'directory') await this.open(joinGuestPath(this.#folder, entry.name));
    else if (entry.kind !== 'other') this.#chosenName = entry.name;
  }
}

function compareEntries(a: DirEntry, b: DirEntry): number {
  const isFolder = (entry: DirEntry): number => (entry.kind === 'directory' ? 0 : 1);
  return isFolder(a) - isFolder(b) || a.name.localeCompare(b.name);
}
