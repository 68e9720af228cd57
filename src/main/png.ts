const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** “IHDR” */
const HEADER = [0x49, 0x48, 0x44, 0x52];

/** Whether bytes begin as every PNG does: its signature, then the header's chunk. */
export function isPng(bytes: Uint8Array): boolean {
  const begins = (at: number, expected: readonly number[]): boolean =>
    expected.every((byte, index) => bytes[at + index] === byte);
  return begins(0, SIGNATURE) && begins(12, HEADER);
}
