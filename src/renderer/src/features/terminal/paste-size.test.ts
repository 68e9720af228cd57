import { describe, expect, it } from 'vitest';
import { pasteSize } from './paste-size.ts';

describe('pasteSize', () => {
  it('says how much it is in words of size', () => {
    expect(pasteSize(6200, 'en-GB')).toBe('6.2 kB');
    expect(pasteSize(1_440_000, 'en-GB')).toBe('1.4 MB');
    expect(pasteSize(25_000, 'zh-CN')).toMatch(/^25/u);
  });
});
