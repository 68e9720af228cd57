import { open } from 'node:fs/promises';
import type { StateWriter } from '../../src/library/state-store.ts';

/** A writer that keeps what it is given in a file, too: whole and as it came. */
export async function withRawCopy(writer: StateWriter, rawPath: string): Promise<StateWriter> {
  const file = await open(rawPath, 'w');
  return {
    write: async (piece) => {
      // The library may hand the piece on to a thread, and it is gone then.
      await file.write(piece);
      await writer.write(piece);
    },
    commit: async () => {
      await file.close();
      return writer.commit();
    },
    abort: async () => {
      await file.close();
      await writer.abort();
    },
  };
}
