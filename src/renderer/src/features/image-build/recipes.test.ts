import { describe, expect, it } from 'vitest';
import { parseImageId } from '../../../../shared/model/ids.ts';
import type { ImageSummary } from '../../../../shared/model/image.ts';
import { unwrap } from '../../../../shared/result.ts';
import { imageChoices } from './recipes.ts';

const image = (id: string, recipe: string, createdAt: string): ImageSummary => ({
  id: unwrap(parseImageId(id)),
  name: id,
  recipe,
  createdAt,
  kernel: '6.1',
  memoryMib: 128,
  sizeBytes: 1,
  fileCount: 1,
});

describe('imageChoices', () => {
  it('offers to build every recipe when there is no image', () => {
    expect(imageChoices([]).map((choice) => choice.value)).toEqual(['build:tiny', 'build:alpine', 'build:debian']);
  });

  it('lists images newest first and only recipes without an image after them', () => {
    const choices = imageChoices([image('old', 'tiny', '2025-01-01'), image('new', 'tarball', '2025-02-01')]);
    expect(choices.map((choice) => choice.value)).toEqual(['image:new', 'image:old', 'build:alpine', 'build:debian']);
  });
});
