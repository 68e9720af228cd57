import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, storageFailure, writeFileDurably } from '../library/durable.ts';
import { parseVmId, type VmId } from '../shared/model/ids.ts';

const FILE = /^(.+)\.json$/;

/**
 * How the terminals of each VM are laid out, and what some of them showed: one file a VM, whose text only the page
 * understands. Losing one costs a layout, nothing else.
 */
export class WorkspaceStore {
  readonly #folder: string;
  /** Writes of one VM come one after another. */
  readonly #writes = new Map<VmId, Promise<void>>();

  constructor(home: string) {
    this.#folder = path.join(home, 'workspaces');
  }

  /** Null where nothing was kept. */
  async get(vmId: VmId): Promise<string | null> {
    await this.#writes.get(vmId);
    try {
      return await readFile(this.#file(vmId), 'utf8');
    } catch (cause) {
      if (errorCode(cause) === 'ENOENT') return null;
      throw storageFailure(cause, 'The layout of the terminals could not be read');
    }
  }

  async set(vmId: VmId, text: string): Promise<void> {
    const before = this.#writes.get(vmId) ?? Promise.resolve();
    const writing = before.catch(() => undefined).then(() => this.#write(vmId, text));
    this.#writes.set(vmId, writing);
    try {
      await writing;
    } finally {
      if (this.#writes.get(vmId) === writing) this.#writes.delete(vmId);
    }
  }

  /** Removes what was kept of VMs that are no more. */
  async prune(vmIds: readonly VmId[]): Promise<void> {
    const names = await readdir(this.#folder).catch((cause: unknown) => {
      if (errorCode(cause) === 'ENOENT') return [];
      throw cause;
    });
    const wanted = new Set<string>(vmIds);
    for (const name of names) {
      const id = parseVmId(FILE.exec(name)?.[1] ?? '');
      if (!id.ok || !wanted.has(id.value)) await rm(path.join(this.#folder, name), { force: true });
    }
  }

  async #write(vmId: VmId, text: string): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true });
      await writeFileDurably(this.#file(vmId), text);
    } catch (cause) {
      throw storageFailure(cause, 'The layout of the terminals was not saved');
    }
  }

  #file(vmId: VmId): string {
    return path.join(this.#folder, `${vmId}.json`);
  }
}
