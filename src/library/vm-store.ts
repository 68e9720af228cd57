import type { VmId } from '../shared/model/ids.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { FailureError } from '../shared/result.ts';
import { RecordFolder } from './record-folder.ts';
import { parseVmRecord } from './schemas.ts';

/** The VMs' records, oldest first. */
export class VmStore {
  private readonly folder: RecordFolder<VmRecord>;

  constructor(folder: string) {
    this.folder = new RecordFolder(folder, 'VM', parseVmRecord);
  }

  /** All of them; also those that are deleted but can be had back, which still need their heads. */
  async list(): Promise<{ records: readonly VmRecord[]; problems: readonly string[] }> {
    const { records, problems } = await this.folder.list();
    records.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
    return { records, problems };
  }

  /** @throws FailureError `not-found` also for one that is deleted, `damaged` */
  async get(id: VmId): Promise<VmRecord> {
    const record = await this.folder.get(id);
    if (record.deletedAt === undefined) return record;
    throw new FailureError('not-found', `The VM “${record.name}” was deleted.`);
  }

  /** One that is deleted but can be had back. @throws FailureError `not-found` for any other, `damaged` */
  async getDeleted(id: VmId): Promise<VmRecord & { readonly deletedAt: string }> {
    const record = await this.folder.get(id);
    if (record.deletedAt !== undefined) return { ...record, deletedAt: record.deletedAt };
    throw new FailureError('not-found', `The VM “${record.name}” is not deleted.`);
  }

  put(record: VmRecord): Promise<VmRecord> {
    return this.folder.put(record);
  }

  remove(id: VmId): Promise<void> {
    return this.folder.remove(id);
  }

  removeUnfinished(): Promise<void> {
    return this.folder.removeUnfinished();
  }
}
