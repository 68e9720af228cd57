/** A package that wants its trigger script run when something changes in certain folders. */
export interface Trigger {
  /** The package's. */
  readonly checksum: string;
  /** Absolute paths of folders; `*` and `?` stand for what has no slash. */
  readonly patterns: readonly string[];
}

const PATTERN_MAX_CHARACTERS = 1024;

/** /lib/apk/db/triggers: a line each, the package's checksum and its patterns. */
export function parseTriggers(text: string): Trigger[] {
  return text
    .split('\n')
    .map((line) => line.split(' ').filter((word) => word !== ''))
    .flatMap(([checksum, ...patterns]) => (checksum === undefined ? [] : [{ checksum, patterns }]));
}

export function formatTriggers(triggers: readonly Trigger[]): string {
  return triggers.map(({ checksum, patterns }) => `${[checksum, ...patterns].join(' ')}\n`).join('');
}

/** Those of the folders that the trigger is about, each once, sorted: they are its script's arguments. */
export function foldersFor(trigger: Trigger, folders: Iterable<string>): string[] {
  const forms = trigger.patterns.map(patternOf);
  return [...new Set(folders)].filter((folder) => forms.some((form) => form.test(folder))).sort();
}

function patternOf(pattern: string): RegExp {
  // A leading plus means: only when the folder's files change; here they always have.
  const plain = pattern.slice(0, PATTERN_MAX_CHARACTERS).replace(/^\+/, '');
  const source = plain
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '[^/]*')
    .replace(/\?/g, '[^/]');
  return new RegExp(`^${source}$`);
}
