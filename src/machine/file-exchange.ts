import { GUEST_FILES_MAX_BYTES } from '../shared/model/limits.ts';
import { FailureError } from '../shared/result.ts';
import { CALL, callBody } from './agent/request-body.ts';
import type { GuestStat } from './guest-api.ts';
import { kindOf, type GuestFiles } from './guest-files.ts';
import type { GuestLink } from './guest-link.ts';
import { GUEST_BUSYBOX, runInGuest } from './guest-run.ts';
import type { DirEntry } from './protocol.ts';

/** Where the host lays down what is on its way into the guest, and finds what is on its way out. In every image of ours. */
export const EXCHANGE_FOLDER = '/usr/lib/terrarium/exchange';
/** Hundreds of megabytes that the guest has not written out yet go through 9p first. */
const FLUSH_TIMEOUT_MS = 120_000;
const FACTS_BYTES = 40;
/** Of an answer to a list: mode, size in two words, time; then the name. */
const ENTRY_BYTES = 16;
const KEEP_MODE = 0xffff_ffff;
/** The number of a file in 9p plus 2 is its inode's in the guest (Linux, fs/9p: v9fs_qid2ino). */
const INO_OFFSET = 2;

/**
 * Files of a running guest. Names are looked up, made and changed by the agent inside the guest, so that its caches know
 * of everything and every file system of it can be reached; only bytes in bulk pass by it, through the 9p server.
 */
export class FileExchange {
  private readonly link: GuestLink;
  private readonly files: GuestFiles;
  private readonly newName: () => string;

  constructor(link: GuestLink, files: GuestFiles, newName: () => string) {
    this.link = link;
    this.files = files;
    this.newName = newName;
  }

  async stat(path: string, followLinks: boolean): Promise<GuestStat> {
    const body = callBody(CALL.stat, [followLinks ? 1 : 0], [absolute(path)]);
    return factsOf(await this.link.call(body, `${path} cannot be looked at`)).stat;
  }

  async readDir(path: string): Promise<DirEntry[]> {
    const answer = await this.link.call(
      callBody(CALL.list, [], [absolute(path)]),
      `${path} cannot be listed`,
      FLUSH_TIMEOUT_MS,
    );
    const entries: DirEntry[] = [];
    // A name may begin with a byte order mark.
    const decoder = new TextDecoder(undefined, { ignoreBOM: true });
    const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
    for (let at = 0; at < answer.byteLength;) {
      const end = answer.indexOf(0, at + ENTRY_BYTES);
      if (end < 0) throw unintelligible(path);
      const name = decoder.decode(answer.subarray(at + ENTRY_BYTES, end));
      // Linux has none of these; a guest that says so wants whoever joins them to paths to go elsewhere.
      if (name === '' || name === '.' || name === '..' || name.includes('/')) throw unintelligible(path);
      entries.push({
        name,
        kind: kindOf(view.getUint32(at, true)),
        mode: view.getUint32(at, true) & 0o7777,
        sizeBytes: wide(view, at + 4),
        modifiedAtS: view.getUint32(at + 12, true),
      });
      at = end + 1;
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async makeDir(path: string, mode: number, parents: boolean): Promise<void> {
    const body = callBody(CALL.makeFolder, [mode & 0o7777, parents ? 1 : 0], [absolute(path)]);
    await this.link.call(body, `The folder ${path} was not made`);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.link.call(callBody(CALL.rename, [], [absolute(from), absolute(to)]), `${from} was not renamed to ${to}`);
  }

  async remove(path: string, recursive: boolean): Promise<void> {
    const what = `${path} was not removed`;
    if (!recursive) {
      await this.link.call(callBody(CALL.remove, [], [absolute(path)]), what);
      return;
    }
    await this.stat(path, false);
    await runInGuest(this.link, [GUEST_BUSYBOX, 'rm', '-rf', '--', absolute(path)], what, 0);
  }

  /**
   * A file as it is now, what the guest has not written out yet included.
   * @throws FailureError when it is missing, no regular file, or larger than `maxBytes`
   */
  async read(path: string, maxBytes: number): Promise<Uint8Array> {
    const what = `${path} was not read`;
    const { stat, ino, isOnHost } = factsOf(
      await this.link.call(callBody(CALL.flush, [], [absolute(path)]), what, FLUSH_TIMEOUT_MS),
    );
    if (stat.kind !== 'file') throw new FailureError('bad-input', `${path} is not a file in the VM.`);
    if (stat.sizeBytes > maxBytes) {
      throw new FailureError(
        'limit',
        `${path} is ${stat.sizeBytes} bytes; at most ${maxBytes} can be copied out. Pack or split it inside the VM first.`,
      );
    }
    if (isOnHost) return this.files.readQid(ino - INO_OFFSET, path, maxBytes);
    return runInGuest(this.link, [GUEST_BUSYBOX, 'cat', absolute(path)], what, maxBytes);
  }

  /**
   * Creates or replaces a file and the folders on the way to it; whatever of it the guest holds in its caches gives way.
   * @param mode null keeps the mode of the file that is there, else 0o644
   */
  async write(path: string, bytes: Uint8Array, mode: number | null): Promise<void> {
    await this.withStaged(bytes, async (staged) => {
      const body = callBody(CALL.publish, [mode === null ? KEEP_MODE : mode & 0o7777], [staged, absolute(path)]);
      await this.link.call(body, `${path} was not written`, FLUSH_TIMEOUT_MS);
    });
  }

  /** Unpacks a tar archive into a folder, which is made where there is none. */
  async writeTree(path: string, tar: Uint8Array): Promise<void> {
    await this.makeDir(path, 0o755, true);
    await this.withStaged(tar, async (staged) => {
      await runInGuest(
        this.link,
        [GUEST_BUSYBOX, 'tar', '-xpf', staged, '-C', absolute(path)],
        `${path} was not written`,
        0,
      );
    });
  }

  /** What a folder holds as a tar archive, its entries named from `.` on. */
  async readTree(path: string, maxBytes: number): Promise<Uint8Array> {
    const what = `${path} was not read`;
    const staged = `${EXCHANGE_FOLDER}/${this.newName()}`;
    try {
      await runInGuest(this.link, [GUEST_BUSYBOX, 'tar', '-cf', staged, '-C', absolute(path), '.'], what, 0);
      return await this.read(staged, maxBytes);
    } finally {
      await this.discard(staged);
    }
  }

  /** Has the guest write everything out to the 9p server. */
  async sync(): Promise<void> {
    await this.link.call(callBody(CALL.sync), "The VM's files were not written out", FLUSH_TIMEOUT_MS);
  }

  /** Has the guest write everything out and forget what it holds of files. */
  async dropCaches(): Promise<void> {
    await this.link.call(callBody(CALL.dropCaches), "The VM's caches were not emptied", FLUSH_TIMEOUT_MS);
  }

  private async withStaged(bytes: Uint8Array, use: (staged: string) => Promise<void>): Promise<void> {
    if (bytes.byteLength > GUEST_FILES_MAX_BYTES) throw new FailureError('limit', 'That is more than a VM can hold.');
    const staged = `${EXCHANGE_FOLDER}/${this.newName()}`;
    await this.files.write(staged, bytes, 0o600, Math.floor(Date.now() / 1000));
    let isDone = false;
    try {
      await use(staged);
      isDone = true;
    } finally {
      // Gone already when it was renamed; left of a tar, or of a failure.
      await this.discard(staged, !isDone);
    }
  }

  /** @param isQuiet what went wrong before matters more */
  private async discard(staged: string, isQuiet = false): Promise<void> {
    try {
      await this.link.call(callBody(CALL.remove, [], [staged]), 'A passing file was not removed');
    } catch (cause) {
      if (!(cause instanceof FailureError) || !(isQuiet || cause.code === 'not-found')) throw cause;
    }
  }
}

function factsOf(answer: Uint8Array): { stat: GuestStat; ino: number; isOnHost: boolean } {
  if (answer.byteLength !== FACTS_BYTES) throw unintelligible('That file');
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
  const word = (index: number): number => view.getUint32(4 * index, true);
  const mode = word(0);
  return {
    stat: {
      kind: kindOf(mode),
      mode: mode & 0o7777,
      uid: word(1),
      gid: word(2),
      sizeBytes: wide(view, 12),
      modifiedAtS: word(5),
    },
    ino: wide(view, 28),
    isOnHost: word(9) === 1,
  };
}

/** A number of 64 bits; what JavaScript cannot hold exactly is larger than any file here. */
function wide(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}

function absolute(path: string): string {
  if (path.startsWith('/')) return path;
  throw new FailureError('bad-input', `“${path.slice(0, 200)}” is not a path in the VM: it has to begin with “/”.`);
}

function unintelligible(path: string): FailureError {
  return new FailureError('io', `${path} could not be read: the agent in the VM answered what nobody understands.`);
}
