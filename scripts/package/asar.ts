import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

interface FileEntry {
  readonly size: number;
  /** From the end of the header, as text: it may be larger than what JSON's readers keep exactly. */
  readonly offset: string;
}
interface FolderEntry {
  readonly files: Record<string, FileEntry | FolderEntry>;
}

/**
 * Writes Electron's archive format (github.com/electron/asar): a header of JSON in two of Chromium's pickles, then the files'
 * bytes one after the other.
 * @param from the folder that becomes the archive's root
 */
export async function writeAsar(from: string, to: string): Promise<void> {
  const files: string[] = [];
  let end = 0;
  const scan = async (folder: string): Promise<FolderEntry> => {
    const entry: FolderEntry = { files: {} };
    for (const child of (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const full = path.join(folder, child.name);
      if (child.isDirectory()) entry.files[child.name] = await scan(full);
      else {
        const { size } = await stat(full);
        entry.files[child.name] = { size, offset: String(end) };
        files.push(full);
        end += size;
      }
    }
    return entry;
  };
  const header = asarHeader(await scan(from));
  async function* content(): AsyncGenerator<Buffer> {
    yield header;
    for (const file of files) yield* createReadStream(file) as AsyncIterable<Buffer>;
  }
  await pipeline(Readable.from(content()), createWriteStream(to));
}

/** A pickle begins with the length of its content, which is padded to four bytes; so does the text within. */
function asarHeader(root: FolderEntry): Buffer {
  const text = Buffer.from(JSON.stringify(root), 'utf8');
  const padded = Math.ceil(text.byteLength / 4) * 4;
  const header = Buffer.alloc(16 + padded);
  header.writeUInt32LE(4, 0);
  header.writeUInt32LE(8 + padded, 4);
  header.writeUInt32LE(4 + padded, 8);
  header.writeUInt32LE(text.byteLength, 12);
  text.copy(header, 16);
  return header;
}
