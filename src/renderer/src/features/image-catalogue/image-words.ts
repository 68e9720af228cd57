import type { RecipeSummary } from '../../../../shared/model/image.ts';
import { said, t } from '../../text/text.svelte.ts';

/** What recipes that come along are for, in the page's language; others are described by themselves. */
export function aboutRecipe({ name, description }: Pick<RecipeSummary, 'name' | 'description'>): string {
  switch (name) {
    case 'tiny':
    case 'alpine':
    case 'debian':
      return t(`build.${name}-about`);
    case 'alpine-node':
    case 'alpine-python':
    case 'debian-dev':
      return t(`images.${name}-about`);
    default:
      return said(description);
  }
}
