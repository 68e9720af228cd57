import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PAGE_BYTES } from '../shared/bulk/state-plan.ts';
import { ListReader, listText } from './list-text.ts';

const entries = fc.array(
  fc.oneof(fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 6 }), fc.dictionary(fc.string(), fc.string())),
  {
    minLength: 1,
    maxLength: 400,
  },
);

describe('a long list as text', () => {
  it('is read as it was written, also group by group', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const text = listText(list);
        expect(text.byteLength % PAGE_BYTES).toBe(0);
        const plain = JSON.parse(JSON.stringify(list)) as unknown;
        expect(new ListReader(text).all()).toEqual(plain);
        const reader = new ListReader(text);
        reader.readGroup();
        expect(reader.all()).toEqual(plain);
        expect(reader.readGroup()).toBe(false);
      }),
    );
  });

  it('changes in a few pages when one entry does', () => {
    const list = Array.from({ length: 10_000 }, (_, id) => [id, 'x'.repeat(60 + (id % 90)), id * 7]);
    const before = listText(list);
    const after = listText(list.with(5000, [5000, 'changed', 1]));
    const pages = (text: Uint8Array): string[] =>
      Array.from({ length: text.byteLength / PAGE_BYTES }, (_, page) =>
        Buffer.from(text.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES)).toString('latin1'),
      );
    const known = new Set(pages(before));
    expect(pages(after).filter((page) => !known.has(page)).length).toBeLessThanOrEqual(2);
  });

  it('is refused in words when it is not what was written', () => {
    const text = listText(Array.from({ length: 300 }, (_, id) => [id]));
    const damaged = (change: (bytes: Uint8Array) => Uint8Array) => () => new ListReader(change(text.slice())).all();
    const refusal = expect.objectContaining({ code: 'damaged' });
    const tries: ((bytes: Uint8Array) => Uint8Array)[] = [
      (bytes) => bytes.subarray(0, 20),
      (bytes) => bytes.fill(0x20),
      (bytes) => bytes.fill(0xff, 1, 3),
      (bytes) => new Uint8Array(Buffer.from('{"a":1}\n'.padEnd(bytes.byteLength))),
    ];
    for (const change of tries) expect(damaged(change)).toThrow(refusal);
  });
});
