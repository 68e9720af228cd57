import { excerpt, recipeFault, type Piece, type Position } from './recipe-text.ts';
import type { RecipeBase } from './recipe.ts';

const ALPINE_RELEASE = /^\d{1,2}\.\d{1,3}$/;
const DEBIAN_RELEASE = /^[a-z]{2,20}$/;
const BASES = 'tiny; alpine [RELEASE [MIRROR]]; debian [RELEASE]; tarball FILE; recipe NAME';
const BESIDE_MAX_CHARACTERS = 200;

/**
 * Whether a name stays in the recipe's folder, by its letters; links are looked at when it is opened. On Windows a
 * backslash or a colon would lead elsewhere.
 */
export function isBesideName(name: string): boolean {
  return (
    name.length <= BESIDE_MAX_CHARACTERS &&
    !/[\\:\0]/.test(name) &&
    !name.startsWith('/') &&
    name
      .replace(/^\.\//, '')
      .split('/')
      .every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

/** @throws FailureError `bad-input` with the position */
export function baseOf([kind, first, second, third]: readonly Piece[], at: Position, file: string): RecipeBase {
  const extra = kind?.text === 'alpine' ? third : kind?.text === 'tiny' ? first : second;
  if (extra !== undefined)
    throw recipeFault(file, extra, `“${excerpt(extra.text)}” is one word too many. A base is one of: ${BASES}.`);
  switch (kind?.text) {
    case 'tiny':
      return { kind: 'tiny' };
    case 'alpine':
      if (first !== undefined && !ALPINE_RELEASE.test(first.text))
        throw recipeFault(file, first, `“${excerpt(first.text)}” is not a release of Alpine, as 3.21 is.`);
      if (second !== undefined && !/^https?:\/\/\S+$/.test(second.text))
        throw recipeFault(
          file,
          second,
          `“${excerpt(second.text)}” is not a mirror’s address: it begins with https://.`,
        );
      return { kind: 'alpine', release: first?.text ?? null, mirror: second?.text ?? null };
    case 'debian':
      if (first !== undefined && !DEBIAN_RELEASE.test(first.text))
        throw recipeFault(file, first, `“${excerpt(first.text)}” is not a release of Debian, as bookworm is.`);
      return { kind: 'debian', release: first?.text ?? null };
    case 'tarball':
      return { kind: 'tarball', path: besideName(first, at, file) };
    case 'recipe':
      return { kind: 'recipe', name: besideName(first, at, file) };
    default:
      throw recipeFault(
        file,
        kind ?? at,
        `“${excerpt(kind?.text ?? '')}” is nothing that an image can begin as. A base is one of: ${BASES}.`,
      );
  }
}

function besideName(word: Piece | undefined, at: Position, file: string): string {
  if (word !== undefined && isBesideName(word.text)) return word.text;
  throw recipeFault(
    file,
    word ?? at,
    `“${excerpt(word?.text ?? '')}” does not lie beside the recipe: name a file in the recipe’s folder or below it, without “..”.`,
  );
}
