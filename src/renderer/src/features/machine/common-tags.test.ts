import { expect, it } from 'vitest';
import { commonTags, retagged } from './common-tags.ts';

it('finds the tags that all have', () => {
  expect(commonTags([])).toEqual([]);
  expect(commonTags([{ tags: ['b', 'a'] }])).toEqual(['b', 'a']);
  expect(commonTags([{ tags: ['b', 'a'] }, { tags: ['a', 'c'] }])).toEqual(['a']);
});

it('changes those and leaves each its own', () => {
  expect(retagged(['a', 'own'], ['a'], ['new', 'own'])).toEqual(['new', 'own']);
  expect(retagged(['a', 'own'], ['a'], [])).toEqual(['own']);
});
