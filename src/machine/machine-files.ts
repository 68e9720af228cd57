import type { BulkClient } from '../shared/bulk/client.ts';
import { STATE_PIECE_BYTES } from '../shared/bulk/resources.ts';
import { IMPORT_MAX_BYTES } from '../shared/model/limits.ts';
import { FailureError } from '../shared/result.ts';
import { FileExchange } from './file-exchange.ts';
import type { GuestStat } from './guest-api.ts';
import type { GuestFiles } from './guest-files.ts';
import type { GuestLink } from './guest-link.ts';
import type { DirEntry } from './protocol.ts';

export interface MachinePower {
  /** The guest switched itself off; what it wrote is all with the 9p server. */
  isOff(): boolean;
  isPaused(): boolean;
}

/**
 * Files of a machine's guest, on their way in and out. While it runs its agent is asked; of one that is switched off whole
 * files can be read and written, and folders listed.
 */
export class MachineFiles {
  private readonly bulk: BulkClient;
  private readonly files: GuestFiles;
  private readonly running: FileExchange;
  private readonly power: MachinePower;

  constructor(bulk: BulkClient, link: GuestLink, files: GuestFiles, power: MachinePower) {
    this.bulk = bulk;
    this.files = files;
    this.running = new FileExchange(link, files, () => crypto.randomUUID());
    this.power = power;
  }

  async importFile(token: string, guestPath: string, mode: number | null): Promise<{ sizeBytes: number }> {
    const bytes = await this.fetchImport(token, guestPath);
    if (this.power.isOff()) await this.files.write(guestPath, bytes, mode ?? 0o644, Math.floor(Date.now() / 1000));
    else await this.exchange().write(guestPath, bytes, mode);
    return { sizeBytes: bytes.byteLength };
  }

  async exportFile(token: string, guestPath: string): Promise<{ sizeBytes: number }> {
    return this.sendExport(token, await this.readFile(guestPath, IMPORT_MAX_BYTES));
  }

  async importTree(token: string, guestPath: string): Promise<{ sizeBytes: number }> {
    const tar = await this.fetchImport(token, guestPath);
    await this.exchange().writeTree(guestPath, tar);
    return { sizeBytes: tar.byteLength };
  }

  async exportTree(token: string, guestPath: string): Promise<{ sizeBytes: number }> {
    return this.sendExport(token, await this.exchange().readTree(guestPath, IMPORT_MAX_BYTES));
  }

  async stat(guestPath: string, followLinks: boolean): Promise<GuestStat> {
    return this.power.isOff() ? this.files.stat(guestPath) : this.exchange().stat(guestPath, followLinks);
  }

  async readDir(guestPath: string): Promise<DirEntry[]> {
    return this.power.isOff() ? this.files.readDir(guestPath) : this.exchange().readDir(guestPath);
  }

  async makeDir(guestPath: string, mode: number, parents: boolean): Promise<void> {
    await this.exchange().makeDir(guestPath, mode, parents);
  }

  async remove(guestPath: string, recursive: boolean): Promise<void> {
    await this.exchange().remove(guestPath, recursive);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.exchange().rename(from, to);
  }

  async readFile(guestPath: string, maxBytes: number): Promise<Uint8Array> {
    return this.power.isOff() ? this.files.read(guestPath, maxBytes) : this.exchange().read(guestPath, maxBytes);
  }

  async writeFile(guestPath: string, bytes: Uint8Array, mode: number): Promise<void> {
    if (this.power.isOff()) await this.files.write(guestPath, bytes, mode, Math.floor(Date.now() / 1000));
    else await this.exchange().write(guestPath, bytes, mode);
  }

  private async fetchImport(token: string, guestPath: string): Promise<Uint8Array> {
    const { header, pieces } = await this.bulk.read({ kind: 'import', token });
    if (header.sizeBytes > IMPORT_MAX_BYTES) throw new FailureError('limit', 'The file is too large for a VM.');
    const bytes = new Uint8Array(header.sizeBytes);
    let offset = 0;
    for await (const piece of pieces) {
      if (offset + piece.byteLength > bytes.byteLength) break;
      bytes.set(piece, offset);
      offset += piece.byteLength;
    }
    if (offset === bytes.byteLength) return bytes;
    throw new FailureError('io', `${guestPath} changed while it was copied. Nothing was copied; try again.`);
  }

  private async sendExport(token: string, bytes: Uint8Array): Promise<{ sizeBytes: number }> {
    const writer = await this.bulk.write({ kind: 'export', token, sizeBytes: bytes.byteLength });
    try {
      for (let offset = 0; offset < bytes.byteLength; offset += STATE_PIECE_BYTES) {
        await writer.write(bytes.subarray(offset, offset + STATE_PIECE_BYTES));
      }
    } catch (cause) {
      writer.cancel();
      throw cause;
    }
    await writer.finish();
    return { sizeBytes: bytes.byteLength };
  }

  /** Has the guest write out what it holds of files. */
  async sync(): Promise<void> {
    await this.exchange().sync();
  }

  /** The same, and has it forget them. */
  async dropCaches(): Promise<void> {
    await this.exchange().dropCaches();
  }

  private exchange(): FileExchange {
    if (this.power.isOff()) throw new FailureError('illegal-transition', 'The VM is switched off. Start it first.');
    if (!this.power.isPaused()) return this.running;
    throw new FailureError(
      'illegal-transition',
      'The VM is paused, and files can only be exchanged while it runs. Resume it first.',
    );
  }
}
