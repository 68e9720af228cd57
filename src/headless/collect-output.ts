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
  const pieces: Uint8Array[] = [];
  let keptBytes = 0;
  let isTruncated = false;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { bytes: Buffer.concat(pieces, keptBytes), isTruncated };
    const kept = value.subarray(0, maxBytes - keptBytes);
    if (kept.byteLength < value.byteLength) isTruncated = true;
    if (kept.byteLength > 0) pieces.push(kept);
    keptBytes += kept.byteLength;
  }
}
