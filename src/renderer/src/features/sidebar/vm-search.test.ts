import { expect, it } from 'vitest';
import { allTags, hasTags, matchesSearch } from './vm-search.ts';

const WEB = { name: 'Web server', tags: ['work', 'db'], imageName: 'tiny', stateWords: 'running' };

it('finds words in the name, the tags, the image and the state', () => {
  for (const query of ['', '  ', 'web', 'SERVER we', 'work', 'tiny running', 'db web'])
    expect(matchesSearch(WEB, query), query).toBe(true);
  for (const query of ['stopped', 'web debian', 'webserver']) expect(matchesSearch(WEB, query), query).toBe(false);
});

it('filters by all tags that are wanted', () => {
  expect(hasTags(WEB, [])).toBe(true);
  expect(hasTags(WEB, ['db', 'work'])).toBe(true);
  expect(hasTags(WEB, ['db', 'home'])).toBe(false);
});

it('lists each tag once', () => {
  expect(allTags([WEB, { tags: ['Alpha', 'db'] }, { tags: [] }], 'en-GB')).toEqual(['Alpha', 'db', 'work']);
});
