import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { sentences as chinese } from '../../src/shared/text/sentences/zh/index.ts';
import { sourceTexts } from './source-sentences.ts';

const sources = sourceTexts(path.resolve(import.meta.dirname, '../../src'));
/** What two others are put together with. */
const FRAMES = ['{message}\n{v1}'];
/** Words that stand in a sentence's hole and are put together elsewhere. */
const WORDS = ['A VM', 'A snapshot', 'An image'];

const holesOf = (text: string): string[] => (text.match(/\{[^{}]+\}/gu) ?? []).toSorted();

describe('the sentences of failures in Chinese', () => {
  it('are all that the sources say', () => {
    expect(sources.sentences.size).toBeGreaterThan(300);
    const missing = [...sources.sentences].filter(([text]) => !(text in chinese) && !FRAMES.includes(text));
    expect(missing.map(([text, file]) => `${file}: ${text}`)).toEqual([]);
  });

  it('are of sentences that are still said', () => {
    expect(Object.keys(chinese).filter((text) => !sources.all.has(text) && !WORDS.includes(text))).toEqual([]);
  });

  it('have the same holes', () => {
    for (const [english, said] of Object.entries(chinese)) expect(holesOf(said), english).toEqual(holesOf(english));
  });
});
