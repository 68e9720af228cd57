import { compareVersions, isVersion, matchesPrefix } from './version.ts';

export type Relation = 'any' | '=' | '<' | '<=' | '>' | '>=' | '~';

/** What a package needs, or with `isConflict` must not meet: `musl`, `so:libz.so.1`, `python3~3.12`, `!uclibc`. */
export interface Dependency {
  readonly name: string;
  readonly relation: Relation;
  /** Empty for `any`. */
  readonly version: string;
  readonly isConflict: boolean;
}

/** What a package also goes by: `so:libz.so.1=1.3.1`, `cmd:git=2.47-r0`, `/bin/sh`. */
export interface Provision {
  readonly name: string;
  /** null: any number of packages may provide the name at once. */
  readonly version: string | null;
}

const NAME_MAX_CHARACTERS = 512;
/** Anything that is printed and has no meaning in a list of dependencies. */
const FORM = /^(!?)([^\s!<>=~@]+)(?:@[a-z0-9_.-]+)?(?:(>=|<=|~=|=~|=|<|>|~)(\S+))?$/i;
/** Names of packages are also names of files. */
const PACKAGE_NAME = /^[A-Za-z0-9][A-Za-z0-9+._-]*$/;
const PACKAGE_NAME_MAX_CHARACTERS = 128;

export function isPackageName(text: string): boolean {
  return text.length <= PACKAGE_NAME_MAX_CHARACTERS && PACKAGE_NAME.test(text);
}

/** @returns null for what nothing could ever satisfy */
export function parseDependency(text: string): Dependency | null {
  const match = text.length <= NAME_MAX_CHARACTERS ? FORM.exec(text) : null;
  if (match === null) return null;
  const [, mark = '', name = '', sign = '', version = ''] = match;
  if (sign !== '' && !isVersion(version)) return null;
  return { name, relation: relationOf(sign), version, isConflict: mark === '!' };
}

/** @returns null for what is no name with or without a version */
export function parseProvision(text: string): Provision | null {
  const dependency = parseDependency(text);
  if (dependency === null || dependency.isConflict) return null;
  const { name, relation, version } = dependency;
  if (relation === 'any') return { name, version: null };
  return relation === '=' ? { name, version } : null;
}

export function formatDependency({ name, relation, version, isConflict }: Dependency): string {
  return `${isConflict ? '!' : ''}${name}${relation === 'any' ? '' : relation + version}`;
}

/**
 * Whether what is provided is what is asked for, `!` left aside.
 * A provision without a version fits only who asks for none.
 */
export function satisfies(dependency: Dependency, provided: Provision): boolean {
  if (dependency.name !== provided.name) return false;
  const { relation, version: wanted } = dependency;
  if (relation === 'any') return true;
  if (provided.version === null) return false;
  if (relation === '~') return matchesPrefix(provided.version, wanted);
  const order = compareVersions(provided.version, wanted);
  switch (relation) {
    case '=':
      return order === 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

function relationOf(sign: string): Relation {
  switch (sign) {
    case '~=':
    case '=~':
      return '~';
    case '=':
    case '<':
    case '<=':
    case '>':
    case '>=':
    case '~':
      return sign;
    default:
      return 'any';
  }
}
