import type { VmId } from '../shared/model/ids.ts';
import type { VmRecord } from '../shared/model/vm.ts';
import { RecordFolder } from './record-folder.ts';
import { parseVmRecord } from './schemas.ts';

/** The VMs' records, oldest first. */
export class VmStore {
  private readonly folder: RecordFolder<VmRecord>;

  constructor(folder: string) {
    this.folder = new RecordFolder(folder, 'VM', parseVmRecord);
  }

  async list(): Promise<{ records: readonly VmRecord[]; problems: readonly string[] }> {
    const { records, problems } = await this.folder.list();
    records.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
    return { records, problems };
  }

  get(id: VmId): Promise<VmRecord> {
    return this.folder.get(id);
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
