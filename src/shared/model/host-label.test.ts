import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostLabel } from './host-label.ts';

describe('hostLabel', () => {
  it.each([
    ['My VM 2', 'my-vm-2'],
    ['--a__b--', 'a-b'],
    ['日本', 'vm'],
    [`${'a'.repeat(62)}-b`, 'a'.repeat(62)],
  ])('makes of “%s” %s', (name, label) => {
    expect(hostLabel(name)).toBe(label);
  });

  it('is a label of RFC 1123 whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (name) => {
        expect(hostLabel(name)).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
      }),
    );
  });
});
