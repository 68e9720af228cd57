import type { BulkSink, BulkSource } from '../shared/bulk/server.ts';
import { FailureError } from '../shared/result.ts';
import { createExport, openImport } from './host-files.ts';

/** A file of the host on its way into or out of a machine, watched by whoever asked for it. */
export interface HostTransfer {
  readonly path: string;
  readonly signal?: AbortSignal;
  /** Before anything is written; throws where that much is not to be. */
  onSize?(sizeBytes: number): void;
  /** After each piece. */
  onProgress?(doneBytes: number, totalBytes: number): void;
}

export async function openTransferSource(transfer: HostTransfer): Promise<BulkSource> {
  const { header, pieces } = await openImport(transfer.path);
  const watched = async function* (): AsyncGenerator<Uint8Array, void, void> {
    let doneBytes = 0;
    for await (const piece of pieces) {
      throwIfCancelled(transfer);
      yield piece;
      doneBytes += piece.byteLength;
      transfer.onProgress?.(doneBytes, header.sizeBytes);
    }
  };
  return { header, pieces: watched() };
}

export async function createTransferSink(transfer: HostTransfer, sizeBytes: number): Promise<BulkSink> {
  throwIfCancelled(transfer);
  transfer.onSize?.(sizeBytes);
  const sink = await createExport(transfer.path, sizeBytes);
  let doneBytes = 0;
  return {
    ...sink,
    write: async (piece) => {
      throwIfCancelled(transfer);
      await sink.write(piece);
      doneBytes += piece.byteLength;
      transfer.onProgress?.(doneBytes, sizeBytes);
    },
  };
}

function throwIfCancelled({ signal }: HostTransfer): void {
  if (signal?.aborted === true) throw new FailureError('cancelled', 'The copy was cancelled.');
}
