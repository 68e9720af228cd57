import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeAll, type WritableFile } from './durable.ts';

/** A file that takes at most so many bytes at a time, as a disk may. */
class ReluctantFile implements WritableFile {
  readonly content: Uint8Array;
  private readonly takes: readonly number[];
  private writes = 0;

  constructor(sizeBytes: number, takes: readonly number[]) {
    this.content = new Uint8Array(sizeBytes);
    this.takes = takes;
  }

  write(bytes: Uint8Array, offset: number, lengthBytes: number, position: number): Promise<{ bytesWritten: number }> {
    const bytesWritten = Math.min(lengthBytes, this.takes[this.writes % this.takes.length] ?? 0);
    this.writes += 1;
    this.content.set(bytes.subarray(offset, offset + bytesWritten), position);
    return Promise.resolve({ bytesWritten });
  }
}

describe('writeAll', () => {
  it('writes every byte in its place, however few are taken at a time', async () => {
    const takes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(30), takes, async (bytes, position, takesBytes) => {
        const file = new ReluctantFile(position + bytes.byteLength, takesBytes);
        await writeAll(file, bytes, position, 'It was not saved');
        expect(Buffer.from(file.content.subarray(position)).equals(bytes)).toBe(true);
        expect(file.content.subarray(0, position).every((byte) => byte === 0)).toBe(true);
      }),
    );
  });

  it('fails instead of trying for ever when nothing more is taken', async () => {
    const file = new ReluctantFile(10, [4, 0]);
    await expect(writeAll(file, new Uint8Array(10), 0, 'The state was not saved')).rejects.toMatchObject({
      code: 'io',
      message: expect.stringContaining('The state was not saved: the disk took only a part of it'),
    });
  });
});
