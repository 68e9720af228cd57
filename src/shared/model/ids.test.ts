import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newStateId, newVmId, parseImageId, parseStateId, parseVmId } from './ids.ts';

const PARSERS = [parseVmId, parseStateId, parseImageId];

describe('ids', () => {
  it('are file names on every system: nothing that is accepted can leave its folder', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('a', '0', '-', '.', '/', '\\', '\n', 'A') })),
        (text) => {
          for (const parse of PARSERS) {
            const parsed = parse(text);
            if (parsed.ok) expect(text).toMatch(/^[a-z0-9][a-z0-9-]*$/);
            else expect(parsed.error.code).toBe('bad-input');
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it.each(['', '.', '..', '../x', 'a/b', 'a\\b', 'A', '-a', 'a\n', 'a\0', 'a.json', 'ä', 'a'.repeat(65)])(
    'refuse %j',
    (text) => {
      for (const parse of PARSERS) expect(parse(text)).toMatchObject({ ok: false, error: { code: 'bad-input' } });
    },
  );

  it('show only the beginning of a refused text', () => {
    const refused = parseVmId('x'.repeat(10_000));
    expect(refused.ok ? '' : refused.error.message.length).toBeLessThan(200);
  });

  it('are made from random bytes and parse', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), (bytes) => {
        const hex = Buffer.from(bytes).toString('hex');
        const vm = newVmId(() => bytes);
        const state = newStateId(() => bytes);
        expect([vm, state]).toEqual([`vm-${hex}`, `st-${hex}`]);
        expect(parseVmId(vm)).toEqual({ ok: true, value: vm });
        expect(parseStateId(state)).toEqual({ ok: true, value: state });
      }),
    );
  });
});
