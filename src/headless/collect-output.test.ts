import { describe, expect, it } from 'vitest';
import { collectOutput } from './collect-output.ts';

function streamOf(...pieces: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });
}

describe('collecting an output', () => {
  it.each<[string, string[], number, string, boolean]>([
    ['all of it', ['ab', 'c'], 10, 'abc', false],
    ['exactly what fits', ['ab', 'c'], 3, 'abc', false],
    ['what fits of a piece', ['ab', 'cd', 'ef'], 3, 'abc', true],
    ['nothing where nothing is wanted', ['ab'], 0, '', true],
    ['nothing where there is nothing', [], 0, '', false],
  ])('keeps %s', async (_what, pieces, maxBytes, text, isTruncated) => {
    const { bytes, ...rest } = await collectOutput(streamOf(...pieces), maxBytes);
    expect([bytes.toString(), rest]).toEqual([text, { isTruncated }]);
  });

  it('reads to the end and holds no more than the bound', async () => {
    let left = 1000;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        left -= 1;
        if (left === 0) controller.close();
        else controller.enqueue(new Uint8Array(100_000));
      },
    });
    const { bytes, isTruncated } = await collectOutput(endless, 150_000);
    expect([bytes.byteLength, isTruncated, left]).toEqual([150_000, true, 0]);
  });

  it('takes little more memory than it keeps, however small the pieces', async () => {
    let left = 5000;
    const drips = new ReadableStream<Uint8Array>({
      pull(controller) {
        left -= 1;
        if (left === 0) controller.close();
        // As the end of a frame that is larger.
        else controller.enqueue(new Uint8Array(1000).fill(left).subarray(999));
      },
    });
    const { bytes } = await collectOutput(drips, 1_000_000);
    expect([...bytes.subarray(0, 3), bytes.byteLength]).toEqual([4999 % 256, 4998 % 256, 4997 % 256, 4999]);
    expect(bytes.buffer.byteLength).toBeLessThanOrEqual(2 * 4999);
  });

  it('fails as the stream does', async () => {
    const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error('gone')) });
    await expect(collectOutput(broken, 1)).rejects.toThrow('gone');
  });
});
