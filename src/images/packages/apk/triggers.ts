/** A package that wants its trigger script run when something changes in certain folders. */
export interface Trigger {
  /** The package's. */
  readonly checksum: string;
  /** Absolute paths of folders; `*` and `?` stand for what has no slash. */
  readonly patterns: readonly string[];
}

/** Of a database that a mirror's root file system may bring along. */
const TRIGGERS_MAX = 4096;
const PATTERNS_MAX = 64;
const PATTERN_MAX_CHARACTERS = 1024;

/** /lib/apk/db/triggers: a line each, the package's checksum and its patterns. */
export function parseTriggers(text: string): Trigger[] {
  return text
    .split('\n', TRIGGERS_MAX)
    .map((line) => line.split(' ').filter((word) => word !== ''))
    .flatMap(([checksum, ...patterns]) => (checksum === undefined ? [] : [{ checksum, patterns }]));
}

export function formatTriggers(triggers: readonly Trigger[]): string {
  return triggers.map(({ checksum, patterns }) => `${[checksum, ...patterns].join(' ')}\n`).join('');
}

/** Those of the folders that the trigger is about, each once, sorted: they are its script's arguments. */
export function foldersFor(trigger: Trigger, folders: Iterable<string>): string[] {
  // A leading plus means: only when the folder's files change; here they always have.
  const patterns = trigger.patterns.slice(0, PATTERNS_MAX).map((pattern) => pattern.replace(/^\+/, ''));
  const isMeant = (folder: string): boolean => patterns.some((pattern) => matches(pattern, folder));
  return [...new Set(folders)].filter(isMeant).sort();
}

/** Takes time in proportion to both lengths at most, whatever the pattern: a regular expression may take for ever. */
function matches(pattern: string, path: string): boolean {
  if (pattern.length > PATTERN_MAX_CHARACTERS) return false;
  const isOne = (at: number, character: string): boolean =>
    pattern[at] === '?' ? character !== '/' : pattern[at] === character;
  let at = 0;
  // Where the last star stands and how far what it stands for goes: the next try lets it have one more.
  let star = -1;
  let starEnd = 0;
  for (let position = 0; position < path.length;) {
    if (pattern[at] === '*') {
      star = at;
      starEnd = position;
      at += 1;
    } else if (at < pattern.length && isOne(at, path.charAt(position))) {
      at += 1;
      position += 1;
    } else if (star >= 0 && path[starEnd] !== '/') {
      starEnd += 1;
      position = starEnd;
      at = star + 1;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
