import { describe, expect, it } from 'vitest';
import type { CatalogueImage } from '../../../../shared/model/image-catalogue.ts';
import type { RecipeSummary } from '../../../../shared/model/image.ts';
import { imageRows } from './image-rows.ts';

const recipe = (name: string) => ({ name }) as RecipeSummary;
const image = (id: string, of: string) => ({ id, recipe: of }) as CatalogueImage;

describe('imageRows', () => {
  it('lists images, each with the recipe it was built of, then recipes without one', () => {
    const rows = imageRows({
      images: [image('b', 'tarball'), image('a', 'tiny')],
      recipes: [recipe('alpine'), recipe('tiny')],
    });
    expect(rows.map(({ key }) => key)).toEqual(['image:b', 'image:a', 'recipe:alpine']);
    expect(rows.map((row) => row.recipe?.name ?? null)).toEqual([null, 'tiny', 'alpine']);
  });
});
