import { GUEST_FILES_MAX_BYTES } from '../shared/model/limits.ts';
import { damagedState } from './damaged-state.ts';
import { fileSystemState } from './file-system-state.ts';
import type { LoadedState } from './planned-state.ts';
import type { Emulator } from './v86.ts';
import { WaitingFiles } from './written-files.ts';

/** What is read at once while the guest runs. */
const SLICE_MS = 4;

/**
 * The files of a machine that was just given its state. A restored guest shows its prompt and answers keys without any of
 * them, so they are read when it first asks for one, or in the background; until then the file system is empty.
 */
export class LateFiles {
  private readonly emulator: Emulator;
  private state: LoadedState | null;
  private waiting: WaitingFiles | null = null;

  /** @param state that the machine has, but for what is late of it; null for a machine that begins without one */
  constructor(emulator: Emulator, state: LoadedState | null) {
    this.emulator = emulator;
    this.state = state;
    if (state?.fileLists) emulator.beforeFileRequests(() => this.readLists());
    else this.putInPlace();
  }

  /** Has the lists of files at once. @throws FailureError `damaged` */
  readLists(): void {
    if (this.state) this.putInPlace();
  }

  /**
   * Has all of it, a few milliseconds at a time.
   * @param pause ends when it may go on
   * @throws FailureError `damaged`
   */
  async readAll(pause: () => Promise<void>): Promise<void> {
    const lists = this.state?.fileLists;
    if (lists) {
      let untilMs = performance.now() + SLICE_MS;
      while (this.state && (lists.inodes.readGroup() || lists.fids.readGroup())) {
        if (performance.now() < untilMs) continue;
        await pause();
        untilMs = performance.now() + SLICE_MS;
      }
    }
    this.readLists();
    await this.waiting?.readAll(pause);
  }

  private putInPlace(): void {
    const { emulator, state } = this;
    const { fs, cpu } = emulator;
    if (state?.fileLists) {
      const files = fileSystemState(state.content, state.tree);
      if (!Array.isArray(files)) throw damagedState('it has no file system');
      const [, ...others] = files as unknown[];
      fs.set_state([plainLists(state.fileLists.inodes.all()), ...others]);
      const server = cpu.devices.virtio_9p;
      server.fids = plainLists(state.fileLists.fids.all()).map((fid) => server.Createfid(...readFid(fid)));
    }
    const written = state?.writtenFiles ?? [];
    emulator.boundFiles(
      GUEST_FILES_MAX_BYTES,
      written.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    );
    this.waiting = new WaitingFiles(fs, written);
    this.state = null;
    emulator.beforeFileRequests(null);
  }
}

function plainLists(items: readonly unknown[]): readonly unknown[][] {
  for (const item of items) if (!Array.isArray(item)) throw damagedState('a file of it has the wrong shape');
  return items as readonly unknown[][];
}

function readFid([inode, type, uid, name]: readonly unknown[]): [number, number, number, string] {
  if (typeof inode !== 'number' || typeof type !== 'number' || typeof uid !== 'number' || typeof name !== 'string')
    throw damagedState('an open file of it has the wrong shape');
  return [inode, type, uid, name];
}
