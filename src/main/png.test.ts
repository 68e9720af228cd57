import { expect, it } from 'vitest';
import { isPng } from './png.ts';

it('a PNG is one by its first bytes', () => {
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );
  expect(isPng(png)).toBe(true);
  expect(isPng(png.subarray(0, 12))).toBe(false);
  expect(isPng(new TextEncoder().encode('#!/bin/sh\necho hello there'))).toBe(false);
  expect(isPng(new Uint8Array(0))).toBe(false);
});
