import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { err, FAILURE_CODES, FailureError, ok, toErr, unwrap } from './result.ts';

describe('Result', () => {
  it('carries a value or a failure', () => {
    expect(ok(5)).toEqual({ ok: true, value: 5 });
    expect(ok()).toEqual({ ok: true, value: undefined });
    expect(err('busy', 'Later.')).toEqual({ ok: false, error: { code: 'busy', message: 'Later.' } });
  });

  it('keeps code and sentence on the way through an exception and back', () => {
    fc.assert(
      fc.property(fc.constantFrom(...FAILURE_CODES), fc.string(), (code, message) => {
        expect(toErr(new FailureError(code, message))).toEqual(err(code, message));
        expect(() => unwrap(err(code, message))).toThrow(expect.objectContaining({ code, message }));
      }),
    );
  });

  it('unwraps any value, undefined and errors included', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(unwrap(ok(value))).toBe(value);
      }),
    );
  });

  it('turns whatever else is thrown into an internal failure with a sentence', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.constant(undefined)), (thrown) => {
        const { error } = toErr(thrown);
        expect(error.code).toBe('internal');
        expect(error.message).toContain(String(thrown));
      }),
    );
    expect(toErr(new TypeError('x is null')).error).toEqual({
      code: 'internal',
      message: 'Something went wrong inside Terrarium: x is null',
    });
  });
});
