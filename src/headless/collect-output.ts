/**
 * What a command may print into the memory of a program that collects it, each of stdout and stderr, unless the program
 * says otherwise. What comes after is read and dropped, so that the command ends.
 */
export const OUTPUT_MAX_BYTES = 64 * 1024 * 1024;

export interface Collected {
  readonly bytes: Buffer;
  readonly isTruncated: boolean;
}

/** Reads a stream to its end and keeps its first bytes. */
export async function collectOutput(stream: ReadableStream<Uint8Array>, maxBytes: number): Promise<Collected> {
  // One buffer that grows: a command may print byte by byte, and each piece kept by itself would take a hundred times its size.
  let kept = Buffer.alloc(0);
  let keptBytes = 0;
  let isTruncated = false;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { bytes: kept.subarray(0, keptBytes), isTruncated };
    const more = value.subarray(0, maxBytes - keptBytes);
    if (more.byteLength < value.byteLength) isTruncated = true;
    const neededBytes = keptBytes + more.byteLength;
    if (neededBytes > kept.byteLength) {
      const larger = Buffer.alloc(Math.min(maxBytes, Math.max(neededBytes, 2 * kept.byteLength)));
      kept.copy(larger, 0, 0, keptBytes);
      kept = larger;
    }
    kept.set(more, keptBytes);
    keptBytes = neededBytes;
  }
}
