import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FailureError } from '../../shared/result.ts';
import { BODY_MAX_BYTES, CALL, callBody, execBody, networkBody } from './request-body.ts';

const plain = fc.string({ unit: fc.constantFrom('a', ' ', '\n', '=', '/', 'é', '\u{1f40c}', '"') });

describe('a request’s body', () => {
  it('of a call has its number, its words and its texts', () => {
    const body = callBody(CALL.rename, [1, 0xffff_ffff], ['/a', 'é']);
    expect([...body]).toEqual([12, 0, 0, 0, 1, 0, 0, 0, 255, 255, 255, 255, 47, 97, 0, 0xc3, 0xa9, 0]);
    expect([...networkBody([1, 2, 3, 4, 5, 6])]).toEqual([4, 0, 0, 0, 1, 2, 3, 4, 5, 6]);
  });

  it('of a command has all of it, each text with its end', () => {
    fc.assert(
      fc.property(
        fc.array(plain, { minLength: 1, maxLength: 5 }).filter(([program]) => program !== ''),
        fc.dictionary(fc.constantFrom('A', 'B', 'ä', '__proto__x'), plain),
        plain,
        plain,
        fc.option(fc.record({ columns: fc.nat(65_535), rows: fc.nat(65_535) }), { nil: undefined }),
        fc.boolean(),
        (argv, env, user, cwd, terminal, hasStdin) => {
          const body = execBody({ argv, env, user, cwd, hasStdin, ...(terminal && { terminal }) });
          const view = new DataView(body.buffer);
          expect(body[0]).toBe((terminal ? 1 : 0) + (hasStdin ? 2 : 0));
          expect([view.getUint16(2, true), view.getUint16(4, true)]).toEqual([
            terminal?.rows ?? 0,
            terminal?.columns ?? 0,
          ]);
          expect([view.getUint16(6, true), view.getUint16(8, true)]).toEqual([argv.length, Object.keys(env).length]);
          const texts = new TextDecoder().decode(body.subarray(10)).split('\0');
          const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
          expect(texts).toEqual([user, cwd, ...argv, ...variables, '']);
        },
      ),
    );
  });

  it.each([
    ['no program', { argv: [] }, 'bad-input'],
    ['an empty program', { argv: [''] }, 'bad-input'],
    ['a NUL in an argument', { argv: ['a', 'b\0c'] }, 'bad-input'],
    ['a NUL in a variable', { argv: ['a'], env: { A: '\0' } }, 'bad-input'],
    ['a NUL in a folder', { argv: ['a'], cwd: '/\0' }, 'bad-input'],
    ['a variable without a name', { argv: ['a'], env: { '': 'b' } }, 'bad-input'],
    ['a variable whose name has a =', { argv: ['a'], env: { 'A=B': 'c' } }, 'bad-input'],
    ['more arguments than there may be', { argv: Array.from({ length: 8193 }, () => 'a') }, 'limit'],
    ['longer arguments than there may be', { argv: ['a', 'b'.repeat(BODY_MAX_BYTES)] }, 'limit'],
  ])('is refused with %s', (_, request, code) => {
    expect(() => execBody(request)).toThrow(expect.objectContaining({ code }) as FailureError);
    expect(() => execBody(request)).toThrow(FailureError);
    expect(() => execBody(request)).toThrow(/[.]$/);
  });

  it('is as long as it may be and no longer', () => {
    const overhead = execBody({ argv: ['a', ''] }).byteLength;
    const longest = 'b'.repeat(BODY_MAX_BYTES - overhead);
    expect(execBody({ argv: ['a', longest] }).byteLength).toBe(BODY_MAX_BYTES);
    expect(() => execBody({ argv: ['a', `${longest}b`] })).toThrow('256 KiB');
  });
});
