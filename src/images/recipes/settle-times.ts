import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { extract, pack, type Header } from 'tar-stream';

const SHADOW = /^(?:\.\/)?etc\/shadow-?$/;
const DAY_MS = 24 * 60 * 60 * 1000;
const READ_BYTES = 1024 * 1024;

/** tar-stream's streams are Node's in all but their types. */
type Content = NodeJS.ReadableStream;

/**
 * Writes a root file system's tarball anew so that equal packages give equal bytes. What was made during the build has the
 * time of the packages' newest file instead of its own; so has the day on which passwords were last changed.
 *
 * mmdebstrap does much of this by itself with SOURCE_DATE_EPOCH. Python then compiles its modules to check their source at
 * each import, and a guest's programs would start later for it.
 * @param from a tarball that was just made
 * @param beganMs when its making began: whatever is as new was made by it
 */
export async function settleTimes(from: string, to: string, beganMs: number): Promise<void> {
  // Times in tarballs are whole seconds.
  const newFromMs = Math.floor(beganMs / 1000) * 1000;
  let newestMs = 0;
  for await (const { header, content } of entriesOf(from)) {
    const ms = header.mtime.getTime();
    if (ms < newFromMs) newestMs = Math.max(newestMs, ms);
    content.resume();
  }
  const archive = pack();
  const writing = pipeline(archive as unknown as Content, createWriteStream(to));
  const copy = async (): Promise<void> => {
    for await (const { header, content } of entriesOf(from)) {
      const settled = header.mtime.getTime() < newFromMs ? header : { ...header, mtime: new Date(newestMs) };
      if (!SHADOW.test(header.name)) {
        await pipeline(content, archive.entry(settled) as unknown as NodeJS.WritableStream);
        continue;
      }
      const text = withDay((await wholeOf(content)).toString('latin1'), Math.floor(newestMs / DAY_MS));
      archive.entry({ ...settled, size: text.length }, Buffer.from(text, 'latin1'));
    }
    archive.finalize();
  };
  const [copied, written] = await Promise.allSettled([
    copy().catch((cause: unknown) => {
      archive.destroy();
      throw cause;
    }),
    writing,
  ]);
  for (const outcome of [copied, written]) if (outcome.status === 'rejected') throw outcome.reason;
}

/** Each entry's content is to be read, or passed over by `resume`, before the next comes. */
async function* entriesOf(tarball: string): AsyncGenerator<{ readonly header: Header; readonly content: Content }> {
  const archive = extract();
  const reading = pipeline(
    createReadStream(tarball, { highWaterMark: READ_BYTES }),
    archive as unknown as NodeJS.WritableStream,
  );
  // What goes wrong there reaches the loop below as well.
  reading.catch(() => undefined);
  try {
    for await (const entry of archive) yield { header: entry.header, content: entry as unknown as Content };
  } finally {
    archive.destroy();
  }
}

async function wholeOf(content: Content): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** shadow(5): the third field is the day of the last change, in days since 1970. */
function withDay(text: string, day: number): string {
  return text.replaceAll(/^([^:\n]*:[^:\n]*:)\d+(?=:)/gm, `$1${day}`);
}
