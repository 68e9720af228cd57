import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PAGE_BYTES } from '../shared/bulk/state-plan.ts';
import { pagedJson } from './paged-json.ts';

function text(value: unknown, startBytes = 0): string {
  return Buffer.concat(pagedJson(value, startBytes)).toString();
}

describe('JSON in pages', () => {
  it('is JSON, of any value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat({ max: 10_000 }), fc.nat({ max: 400 }), (value, startBytes, count) => {
        const list = Array.from({ length: count }, (_, index) => [index, value]);
        const whole = { value, list, inner: [[list], { list }], 'ü "quoted"': 1 };
        expect(JSON.parse(text(whole, startBytes))).toEqual(JSON.parse(JSON.stringify(whole)));
      }),
    );
  });

  it('has null for what is undefined in a list, or was never set', () => {
    const list: unknown[] = [1, undefined];
    list[3] = 2;
    expect(text(list)).toBe('[1,null,null,2]');
    const long: unknown[] = [];
    for (let index = 0; index < 200; index += 1) if (index !== 7) long[index] = {};
    expect((JSON.parse(text(long)) as unknown[])[7]).toBe(null);
    expect((JSON.parse(text(long)) as unknown[]).length).toBe(200);
  });

  it('has the groups of a long list at pages, wherever it begins', () => {
    const list = Array.from({ length: 128 }, (_, index) => ({ index: String(index).padStart(120) }));
    for (const startBytes of [0, 16, 4095, 4096]) {
      const json = text(['before', list, 'after'], startBytes);
      for (let index = 0; index < 128; index += 16) {
        expect((startBytes + json.indexOf(`{"index":"${String(index).padStart(120)}"}`)) % PAGE_BYTES).toBe(0);
      }
      expect((startBytes + json.indexOf(',"after"') - 1) % PAGE_BYTES).toBe(0);
    }
  });

  it('fills a page by a good third at least, however long the entries of a list are', () => {
    for (const characters of [1, 30, 130, 400, 1000]) {
      const list = Array.from({ length: 4096 }, () => ({ a: 'x'.repeat(characters) }));
      const plainBytes = JSON.stringify(list).length;
      const pages = text(list).length / PAGE_BYTES;
      expect(plainBytes / (pages * PAGE_BYTES)).toBeGreaterThan(0.33);
      expect(plainBytes / (pages * PAGE_BYTES)).toBeLessThan(0.75);
    }
  });
});
