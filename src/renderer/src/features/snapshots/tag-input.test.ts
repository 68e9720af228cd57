import { describe, expect, it } from 'vitest';
import { formatTags, splitTags } from './tag-input.ts';

describe('tags in a field', () => {
  it('are what stands between commas, without what was left empty', () => {
    expect(splitTags(' ci,two words ,, ')).toEqual(['ci', 'two words']);
    expect(splitTags('  ')).toEqual([]);
  });

  it('read back as they were', () => {
    const tags = ['ci', 'two words', 'größer'];
    expect(splitTags(formatTags(tags))).toEqual(tags);
  });
});
