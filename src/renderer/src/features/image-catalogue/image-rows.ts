import type { CatalogueImage, ImageCatalogue } from '../../../../shared/model/image-catalogue.ts';
import type { RecipeSummary } from '../../../../shared/model/image.ts';

export type ImageRow =
  | {
      readonly key: string;
      readonly kind: 'image';
      readonly image: CatalogueImage;
      readonly recipe: RecipeSummary | null;
    }
  | { readonly key: string; readonly kind: 'recipe'; readonly recipe: RecipeSummary };

/** What is installed, newest first, then the recipes whose image is not. */
export function imageRows({ images, recipes }: Pick<ImageCatalogue, 'images' | 'recipes'>): readonly ImageRow[] {
  const installed = images.map((image): ImageRow => ({
    key: `image:${image.id}`,
    kind: 'image',
    image,
    recipe: recipes.find(({ name }) => name === image.recipe) ?? null,
  }));
  const missing = recipes
    .filter(({ name }) => !images.some(({ recipe }) => recipe === name))
    .map((recipe): ImageRow => ({ key: `recipe:${recipe.name}`, kind: 'recipe', recipe }));
  return [...installed, ...missing];
}
