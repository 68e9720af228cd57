import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { FailureError } from '../../../shared/result.ts';

export interface TarEntry {
  readonly header: Header;
  readonly content: Uint8Array;
}

/** More files than any package has. */
const ENTRIES_MAX = 200_000;
const PIECE_BYTES = 256 * 1024;

/**
 * The entries of a tarball that is in memory already, and so is bounded. Root file systems are read by src/images/tar, which
 * works on files, in pieces, and keeps to what v86 can have; packages need the raw headers with apk's own pax records.
 * @param what the file, for sentences
 * @throws FailureError `damaged` for a broken archive, `limit` for more entries than allowed
 */
export async function* tarEntries(bytes: Uint8Array, what: string): AsyncGenerator<TarEntry> {
  const archive = extract();
  const pieces = function* (): Generator<Uint8Array> {
    for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
  };
  // What goes wrong there reaches the loop below as well.
  pipeline(Readable.from(pieces()), archive).catch(() => undefined);
  let entries = 0;
  try {
    for await (const entry of archive) {
      entries += 1;
      if (entries > ENTRIES_MAX) throw new FailureError('limit', `${what} has more than ${ENTRIES_MAX} entries.`);
      const chunks: Uint8Array[] = [];
      for await (const chunk of entry) chunks.push(chunk as Uint8Array);
      yield { header: entry.header, content: Buffer.concat(chunks) };
    }
  } catch (cause) {
    if (cause instanceof FailureError) throw cause;
    throw new FailureError('damaged', `${what} is damaged: its archive cannot be read.`, { cause });
  } finally {
    archive.destroy();
  }
}
