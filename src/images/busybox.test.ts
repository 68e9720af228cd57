import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { busyboxApplets } from './busybox.ts';

const NAMES = ['[', '[[', 'acpid', 'ash', 'mount', 'run-parts', 'sh', 'start-stop-daemon', 'zcat'];
const binary = (names: readonly string[], before = 'ELF..', after = '\0\0not/an/applet\0'): Uint8Array =>
  new Uint8Array(Buffer.from(`${before}\0${names.join('\0')}\0${after}`, 'latin1'));

describe('busyboxApplets', () => {
  it('reads the table out of a binary, up to its end', () => {
    expect(busyboxApplets(binary(NAMES))).toEqual(NAMES);
    expect(busyboxApplets(binary(NAMES, 'x'.repeat(1000), '/bin/sh\0'))).toEqual(NAMES);
  });

  it('reads a view of a larger buffer', () => {
    const whole = new Uint8Array(Buffer.concat([Buffer.from('junk'), binary(NAMES)]));
    expect(busyboxApplets(whole.subarray(4))).toEqual(NAMES);
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['a binary without a table', new Uint8Array(Buffer.from('\0ELF\0mount\0sh\0'))],
    ['a table without a shell', binary(['[', '[[', 'mount'])],
    ['a table that is cut off', binary(NAMES).subarray(0, 20)],
  ])('refuses %s with a sentence', (_what, bytes) => {
    expect(() => busyboxApplets(bytes)).toThrow(
      expect.objectContaining({ code: 'unsupported', message: expect.stringContaining('busybox') }),
    );
  });

  it('takes nothing from a binary that would be a path', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const names = busyboxApplets(new Uint8Array(Buffer.concat([binary(NAMES, 'x', ''), bytes])));
        for (const name of names) expect(name).toMatch(/^[[a-z0-9][a-z0-9_.[-]*$/);
      }),
      { numRuns: 500 },
    );
  });
});
