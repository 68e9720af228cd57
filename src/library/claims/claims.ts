import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FailureError } from '../../shared/result.ts';
import { errorCode, storageFailure } from '../durable.ts';
import { tryLock, unlock, waitForLock, type Locker } from './file-lock.ts';
import {
  isDead,
  keepAlive,
  keepAtExit,
  newMark,
  readMark,
  removeAtExit,
  retireMark,
  type ProcessMark,
  type Program,
} from './process-mark.ts';
import { writeMarkFile } from './mark-file.ts';
import { describeHolder } from './words.ts';

/** Something one has until it gives it back. A process that ends has nothing any more. */
export interface Hold {
  /** More than once does no harm. */
  release(): Promise<void>;
}

/** A change takes milliseconds; on a busy disk, and with many who wait, a few seconds. */
const CHANGE_PATIENCE_MS = 30_000;
/** A change is asked for by a person who waits, or by a command that is measured. */
const CHANGE_POLL_MAX_MS = 20;
/** Whoever changes things without a break for this long lets others in. */
const STREAK_MS = 100;
/** Long enough that each who waits looks at least once. */
const COURTESY_MS = CHANGE_POLL_MAX_MS + 5;

const MARK = 'process-';
const CHANGED = 'changed-';
const CHANGES = 'changes';

/**
 * What this process has of a library that other processes may use at the same time. Every claim is a small file in
 * one folder; nothing is flushed to disk, since a power cut ends the processes and with them what they claim.
 * A process that only reads writes nothing here.
 */
export class Claims {
  readonly folder: string;
  private readonly program: Program;
  private own: Promise<{ locker: Locker; stopHeartbeat: () => void }> | null = null;
  private readonly shared = new Map<string, { count: number; made: Promise<string> }>();
  /** Claims that are being given up: who wants one of them again waits for that. */
  private readonly releasing = new Map<string, Promise<void>>();
  private readonly files = new Set<string>();
  private streakBeganMs = -Infinity;
  private lastChangeMs = -Infinity;
  private isClosed = false;

  constructor(folder: string, program: Program) {
    this.folder = folder;
    this.program = program;
  }

  /** Runs a change while nobody else changes the library, and tells those who watch it. @throws FailureError `busy` */
  async exclusively<T>(change: () => Promise<T>): Promise<T> {
    const lockPath = join(this.folder, CHANGES);
    await this.giveWay();
    const { locker, outcome: holder } = await this.locking((candidate) =>
      waitForLock(lockPath, candidate, { patienceMs: CHANGE_PATIENCE_MS, pollMaxMs: CHANGE_POLL_MAX_MS }),
    );
    if (holder !== null) {
      throw new FailureError(
        'busy',
        `The library is being changed by ${describeHolder(holder)} and was not free for ${CHANGE_PATIENCE_MS / 1000} s. Nothing was changed. Wait until it is done, or end that process, then try again.`,
      );
    }
    try {
      const outcome = await change();
      await this.announce(locker);
      return outcome;
    } finally {
      await unlock(lockPath, locker);
      this.lastChangeMs = performance.now();
    }
  }

  /** Takes something only one can have. @returns who has it instead */
  async hold(name: string): Promise<{ hold: Hold } | { holder: ProcessMark; isOurs: boolean }> {
    await this.released(name);
    const path = join(this.folder, name);
    const { locker, outcome: holder } = await this.locking((candidate) => tryLock(path, candidate));
    if (holder !== null) return { holder, isOurs: holder.token === locker.mark.token };
    this.keep(path);
    return { hold: this.holdOf(name, () => this.drop(path, () => unlock(path, locker))) };
  }

  /** Takes something many can have, as often as one likes. */
  async share(name: string): Promise<Hold> {
    await this.released(name);
    const known = this.shared.get(name);
    const entry = known ?? { count: 0, made: this.makeShared(name) };
    entry.count += 1;
    this.shared.set(name, entry);
    const leave = async (): Promise<void> => {
      entry.count -= 1;
      if (entry.count > 0) return;
      if (this.shared.get(name) === entry) this.shared.delete(name);
      const path = await entry.made.catch(() => null);
      if (path !== null) await this.drop(path, () => rm(path, { force: true }));
    };
    try {
      await entry.made;
    } catch (cause) {
      await leave();
      throw cause;
    }
    return this.holdOf(name, leave);
  }

  /** Who has a part in something shared, this process included. */
  async sharers(name: string): Promise<readonly ProcessMark[]> {
    const marks: ProcessMark[] = [];
    for (const file of await this.list()) {
      if (!file.startsWith(`${name}.`) || file.includes('.after-')) continue;
      const path = join(this.folder, file);
      const mark = await readMark(path);
      if (mark === null) continue;
      // Named by a token that never comes back, so nobody else can have made the file anew.
      if (await isDead(mark, path)) await rm(path, { force: true });
      else marks.push(mark);
    }
    return marks;
  }

  /** Who has something only one can have. */
  async holder(name: string): Promise<{ readonly mark: ProcessMark; readonly isOurs: boolean } | null> {
    const path = join(this.folder, name);
    const mark = await readMark(path);
    if (mark === null || (await isDead(mark, path))) return null;
    return { mark, isOurs: mark.token === (await this.own)?.locker.mark.token };
  }

  /** Removes what ended processes left here. */
  async removeDead(): Promise<void> {
    // From the end of the alphabet: `process-` goes before `changed-`, which needs it.
    for (const file of (await this.list()).sort().reverse()) {
      const path = join(this.folder, file);
      if (file.startsWith(MARK)) {
        const mark = await readMark(path);
        if (mark !== null && (await isDead(mark, path))) await rm(path, { force: true });
      } else if (file.startsWith(CHANGED)) {
        const mark = await readMark(join(this.folder, MARK + file.slice(CHANGED.length)));
        if (mark === null) await rm(path, { force: true });
      } else if (file.includes('.') && !file.includes('.after-')) {
        await this.sharers(file.slice(0, file.lastIndexOf('.')));
      } else if (file.startsWith('vm-')) {
        const mark = await readMark(path);
        if (mark === null || !(await isDead(mark, path))) continue;
        const taken = await this.hold(file);
        if ('hold' in taken) await taken.hold.release();
      }
    }
  }

  /** Whether an event of the folder says that another process changed the library. */
  async isNewsOfOthers(file: string | null): Promise<boolean> {
    // Some systems do not say which file it was.
    if (file === null) return true;
    return file.startsWith(CHANGED) && file !== CHANGED + ((await this.own)?.locker.mark.token ?? '');
  }

  /** Gives up everything. Nothing can be claimed after it. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    const own = await this.own;
    if (own === null) return;
    const { locker, stopHeartbeat } = own;
    await Promise.all(this.releasing.values());
    stopHeartbeat();
    for (const path of this.files) await this.drop(path, () => rm(path, { force: true }));
    this.shared.clear();
    retireMark(locker.mark);
  }

  private holdOf(name: string, leave: () => Promise<void>): Hold {
    let left: Promise<void> | null = null;
    const release = (): Promise<void> => {
      const leaving = leave().finally(() => {
        if (this.releasing.get(name) === leaving) this.releasing.delete(name);
      });
      this.releasing.set(name, leaving);
      return leaving;
    };
    return { release: () => (left ??= release()) };
  }

  private async released(name: string): Promise<void> {
    for (let leaving = this.releasing.get(name); leaving; leaving = this.releasing.get(name)) {
      await Promise.allSettled([leaving]);
    }
  }

  private async makeShared(name: string): Promise<string> {
    const { outcome: path } = await this.locking(async (candidate) => {
      const mine = join(this.folder, `${name}.${candidate.mark.token}`);
      // Under a token of our own nobody else can be, so this finds the place free.
      await tryLock(mine, candidate);
      return mine;
    });
    return this.keep(path);
  }

  /** Whoever watches is told last, when the change can be read. */
  private async announce({ mark }: Locker): Promise<void> {
    const path = join(this.folder, CHANGED + mark.token);
    const now = new Date();
    const touched = utimes(path, now, now).catch(() => writeFile(path, ''));
    // A full disk must not fail a change that was made: others then see it with the next one.
    await touched.then(
      () => this.keep(path),
      () => undefined,
    );
  }

  /** Changes that follow each other closely would keep everyone else out. */
  private async giveWay(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - this.lastChangeMs > COURTESY_MS) this.streakBeganMs = nowMs;
    else if (nowMs - this.streakBeganMs > STREAK_MS) {
      await delay(COURTESY_MS);
      this.streakBeganMs = performance.now();
    }
  }

  private async locker(): Promise<Locker> {
    if (this.isClosed) throw new FailureError('cancelled', 'This library was closed. Open it again to change it.');
    this.own ??= this.register();
    try {
      return (await this.own).locker;
    } catch (cause) {
      this.own = null;
      throw storageFailure(cause, 'Nothing was changed');
    }
  }

  /** Does what needs our mark on disk, and once more if somebody has removed it (the folder, or us taken for dead). */
  private async locking<T>(lock: (locker: Locker) => Promise<T>): Promise<{ locker: Locker; outcome: T }> {
    const locker = await this.locker();
    try {
      return { locker, outcome: await lock(locker) };
    } catch (cause) {
      if (errorCode(cause) !== 'ENOENT') throw storageFailure(cause, 'Nothing was changed');
    }
    await mkdir(this.folder, { recursive: true });
    await rm(locker.file, { force: true });
    await writeMarkFile(this.folder, locker.file, locker.mark);
    return { locker, outcome: await lock(locker) };
  }

  private async register(): Promise<{ locker: Locker; stopHeartbeat: () => void }> {
    const mark = await newMark(this.program);
    const locker: Locker = { mark, file: join(this.folder, MARK + mark.token) };
    try {
      await mkdir(this.folder, { recursive: true });
      await writeMarkFile(this.folder, locker.file, mark);
    } catch (cause) {
      retireMark(mark);
      await rm(locker.file, { force: true });
      throw cause;
    }
    this.keep(locker.file);
    return { locker, stopHeartbeat: keepAlive(locker.file) };
  }

  private keep(path: string): string {
    this.files.add(path);
    removeAtExit(path);
    return path;
  }

  private async drop(path: string, remove: () => Promise<void>): Promise<void> {
    this.files.delete(path);
    keepAtExit(path);
    await remove();
  }

  private async list(): Promise<string[]> {
    try {
      return await readdir(this.folder);
    } catch (cause) {
      if (errorCode(cause) === 'ENOENT') return [];
      throw cause;
    }
  }
}
