import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FailureError } from '../shared/result.ts';
import { errorCode, syncFolder, UNFINISHED_PREFIX } from './durable.ts';
import { mapAtOnce } from './map-at-once.ts';
import { readSealed, writeSealed } from './sealed-json.ts';

/** Enough for a disk's queue; each holds a file open. */
const READS_AT_ONCE = 32;

/** A folder of small sealed records, one file each, named by id. */
export class RecordFolder<T extends { readonly id: string }> {
  private readonly folder: string;
  private readonly noun: string;
  private readonly parse: (value: unknown, what: string) => T;

  /** @param noun what a record is called in sentences */
  constructor(folder: string, noun: string, parse: (value: unknown, what: string) => T) {
    this.folder = folder;
    this.noun = noun;
    this.parse = parse;
  }

  /** Every readable record, and a sentence for each that is not. */
  async list(): Promise<{ records: T[]; problems: string[] }> {
    const records: T[] = [];
    const problems: string[] = [];
    const ids = (await this.files())
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length));
    await mapAtOnce(ids, READS_AT_ONCE, async (id) => {
      try {
        const record = await this.read(id);
        if (record) records.push(record);
      } catch (cause) {
        if (!(cause instanceof FailureError)) throw cause;
        problems.push(cause.message);
      }
    });
    return { records, problems };
  }

  /** @throws FailureError `not-found`, `damaged` */
  async get(id: string): Promise<T> {
    const record = await this.read(id);
    if (record) return record;
    throw new FailureError('not-found', `There is no ${this.noun} with the id ${id}.`);
  }

  async put(record: T): Promise<T> {
    await mkdir(this.folder, { recursive: true });
    await writeSealed(this.path(record.id), record);
    return record;
  }

  async remove(id: string): Promise<void> {
    await rm(this.path(id), { force: true });
    await syncFolder(this.folder);
  }

  async removeUnfinished(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    for (const file of await this.files()) {
      if (file.includes(UNFINISHED_PREFIX)) await rm(join(this.folder, file), { force: true });
    }
  }

  private async files(): Promise<string[]> {
    return readdir(this.folder).catch((cause: unknown) => {
      // A library that was never written to.
      if (errorCode(cause) === 'ENOENT') return [];
      throw cause;
    });
  }

  private async read(id: string): Promise<T | null> {
    const what = `The ${this.noun} ${id}`;
    const value = await readSealed(this.path(id), what);
    if (value === null) return null;
    const record = this.parse(value, what);
    // A copied file would be a second record of the same thing, and a change would go to the other one.
    if (record.id === id) return record;
    throw new FailureError('damaged', `${what} is damaged on disk (it holds another ${this.noun}) and was not loaded.`);
  }

  private path(id: string): string {
    return join(this.folder, `${id}.json`);
  }
}
