import { randomBytes } from 'node:crypto';
import type { HostTransfer } from '../library/host-transfer.ts';

type Direction = 'import' | 'export';

/**
 * The files of the host that a machine may touch, each for one transfer. The machine names them by tokens only, so what
 * runs in its worker can reach no other file.
 */
export class TransferTokens {
  private readonly open = new Map<string, { readonly direction: Direction; readonly transfer: HostTransfer }>();

  /** For the library's end of the bulk port: each token leads to its file once. */
  take(direction: Direction, token: string): HostTransfer | null {
    const found = this.open.get(token);
    if (found?.direction !== direction) return null;
    this.open.delete(token);
    return found.transfer;
  }

  /** Runs what needs a token, which is void afterwards. */
  async lend<T>(direction: Direction, transfer: HostTransfer, use: (token: string) => Promise<T>): Promise<T> {
    const token = randomBytes(16).toString('hex');
    this.open.set(token, { direction, transfer });
    try {
      return await use(token);
    } finally {
      this.open.delete(token);
    }
  }
}
