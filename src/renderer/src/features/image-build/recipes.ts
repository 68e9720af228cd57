import type { ImageId } from '../../../../shared/model/ids.ts';
import { OFFERED_RECIPES, type ImageSummary, type OfferedRecipe } from '../../../../shared/model/image.ts';
import { t } from '../../text/text.svelte.ts';

interface RecipeWords {
  readonly title: string;
  readonly description: string;
}

/** Read when they are shown: the language may change. */
export const RECIPE_WORDS: Record<OfferedRecipe, RecipeWords> = {
  tiny: {
    get title() {
      return t('build.tiny');
    },
    get description() {
      return t('build.tiny-about');
    },
  },
  alpine: {
    get title() {
      return t('build.alpine');
    },
    get description() {
      return t('build.alpine-about');
    },
  },
  debian: {
    get title() {
      return t('build.debian');
    },
    get description() {
      return t('build.debian-about');
    },
  },
};

/** What a new VM can be made from: an image that is there, or a recipe whose image is built first. */
export type ImageChoice =
  | { readonly kind: 'image'; readonly value: string; readonly image: ImageSummary }
  | { readonly kind: 'build'; readonly value: string; readonly recipe: OfferedRecipe };

/** Images newest first, then the recipes that have no image yet. */
export function imageChoices(images: readonly ImageSummary[]): readonly ImageChoice[] {
  const built = [...images]
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt))
    .map((image): ImageChoice => ({ kind: 'image', value: imageValue(image.id), image }));
  const missing = OFFERED_RECIPES.filter((recipe) => !images.some((image) => image.recipe === recipe)).map(
    (recipe): ImageChoice => ({ kind: 'build', value: `build:${recipe}`, recipe }),
  );
  return [...built, ...missing];
}

export function imageValue(id: ImageId): string {
  return `image:${id}`;
}
