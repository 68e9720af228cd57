/*
 * Versions of Alpine packages: `1.2.3a_rc1_p2~0123abcd-r4` (apk-package(5)): numbers, at most one letter, suffixes, the
 * hash of a commit, the build's revision.
 */

const SUFFIXES = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p'] as const;
/** Suffixes before it make a version older than the same one without a suffix, those after it newer. */
const NO_SUFFIX = SUFFIXES.indexOf('');
const VERSION_MAX_CHARACTERS = 256;

/** Kinds of parts, in apk's order: of two versions that are equal so far, the one that goes on with the earlier kind is newer. */
const KINDS = ['first', 'number', 'letter', 'suffix', 'suffixNumber', 'commit', 'revision', 'end'] as const;
type Kind = (typeof KINDS)[number];

interface Part {
  readonly kind: Kind;
  readonly text: string;
}

const END: Part = { kind: 'end', text: '' };
const FORM = /^(\d+)((?:\.\d+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*)(~[0-9a-f]+)?(-r\d+)?$/;

/** @returns null for what is no version */
function partsOf(version: string): Part[] | null {
  const match = version.length <= VERSION_MAX_CHARACTERS ? FORM.exec(version) : null;
  if (match === null) return null;
  const [, first = '', numbers = '', letter = '', suffixes = '', commit = '', revision = ''] = match;
  const parts: Part[] = [{ kind: 'first', text: first }];
  for (const text of numbers.split('.').slice(1)) {
    // Leading zeros count as a number of their own, and the more the older: 1.09 is older than 1.1.
    const zeros = /^0*/.exec(text)?.[0] ?? '';
    for (const piece of [zeros, text.slice(zeros.length)])
      if (piece !== '') parts.push({ kind: 'number', text: piece });
  }
  if (letter !== '') parts.push({ kind: 'letter', text: letter });
  for (const [, name = '', number = ''] of suffixes.matchAll(/_([a-z]+)(\d*)/g)) {
    parts.push({ kind: 'suffix', text: name });
    if (number !== '') parts.push({ kind: 'suffixNumber', text: number });
  }
  if (commit !== '') parts.push({ kind: 'commit', text: commit.slice(1) });
  if (revision !== '') parts.push({ kind: 'revision', text: revision.slice(2) });
  return parts;
}

export function isVersion(text: string): boolean {
  return partsOf(text) !== null;
}

/**
 * Which of two versions is newer, by apk's rules. What is no version is older than all versions.
 * @returns below 0 when `a` is older, 0 when they are equal, above 0 when `a` is newer
 */
export function compareVersions(a: string, b: string): number {
  const left = partsOf(a);
  const right = partsOf(b);
  if (left === null || right === null) {
    if (left !== null) return 1;
    return right === null ? compareText(a, b) : -1;
  }
  for (let index = 0; ; index += 1) {
    const mine = left[index] ?? END;
    const theirs = right[index] ?? END;
    if (mine.kind !== theirs.kind) return compareKinds(mine, theirs);
    if (mine.kind === 'end') return 0;
    const order = compareParts(mine, theirs);
    if (order !== 0) return order;
  }
}

/** Whether a version begins with another one, as `~1.2` asks for. */
export function matchesPrefix(version: string, prefix: string): boolean {
  const whole = partsOf(version);
  const begin = partsOf(prefix);
  if (whole === null || begin === null) return false;
  return begin.every((part, index) => {
    const here = whole[index];
    return here?.kind === part.kind && compareParts(here, part) === 0;
  });
}

function compareKinds(a: Part, b: Part): number {
  if (isEarly(a)) return -1;
  if (isEarly(b)) return 1;
  return KINDS.indexOf(b.kind) - KINDS.indexOf(a.kind);
}

/** `_rc` and the like: with it a version is older than without. */
function isEarly({ kind, text }: Part): boolean {
  return kind === 'suffix' && suffixRank(text) < NO_SUFFIX;
}

function suffixRank(text: string): number {
  return SUFFIXES.findIndex((suffix) => suffix === text);
}

function compareParts(a: Part, b: Part): number {
  switch (a.kind) {
    case 'suffix':
      return suffixRank(a.text) - suffixRank(b.text);
    case 'letter':
    case 'commit':
      return compareText(a.text, b.text);
    case 'number':
      if (a.text.startsWith('0') || b.text.startsWith('0')) return leadingZeros(b.text) - leadingZeros(a.text);
      return compareNumbers(a.text, b.text);
    default:
      return compareNumbers(a.text, b.text);
  }
}

function leadingZeros(text: string): number {
  return /^0*/.exec(text)?.[0].length ?? 0;
}

/** Digits of any length, without what a JavaScript number would round off. */
function compareNumbers(a: string, b: string): number {
  const left = a.replace(/^0+(?=\d)/, '');
  const right = b.replace(/^0+(?=\d)/, '');
  return left.length - right.length || compareText(left, right);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
