import { FailureError } from '../../../shared/result.ts';
import { isChecksum } from './checksum.ts';
import { isPackageName, parseDependency, parseProvision, type Dependency, type Provision } from './dependency.ts';
import { isVersion } from './version.ts';

/** What an index, or the list of what is installed, says of one package (apk-index(5): a letter, a colon, a value). */
export interface ApkRecord {
  /** SHA-1 of the package's control segment, as `Q1…`: what ties the package file to the signed index. */
  readonly checksum: string;
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly sizeBytes: number;
  readonly installedBytes: number;
  readonly dependencies: readonly Dependency[];
  /** Its own name and version are not among them. */
  readonly provisions: readonly Provision[];
  /** It comes along by itself once all of these are there; empty for most. */
  readonly installIf: readonly Dependency[];
  /** Which of several providers of a name without a version is taken; null: none by itself. */
  readonly providerPriority: number | null;
  /** The lines as they were, for the guest's own list of what is installed. */
  readonly fields: ReadonlyMap<string, string>;
}

const RECORDS_MAX = 100_000;
const LINE_MAX_CHARACTERS = 64 * 1024;
const WORDS_MAX = 4096;

/**
 * The packages of an APKINDEX. One that is not well formed, or that needs what nothing can be, is left out:
 * who asks for it reads that there is none.
 * @throws FailureError `limit` for more packages than any distribution has
 */
export function parseIndex(text: string): ApkRecord[] {
  const records: ApkRecord[] = [];
  for (const stanza of stanzasOf(text)) {
    const record = parseRecord(stanza);
    if (record === null) continue;
    if (records.length >= RECORDS_MAX)
      throw new FailureError('limit', `The package index lists more than ${RECORDS_MAX} packages. It was refused.`);
    records.push(record);
  }
  return records;
}

export function* stanzasOf(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf('\n\n', start);
    const stanza = text.slice(start, end === -1 ? text.length : end);
    if (stanza.trim() !== '') yield stanza;
    if (end === -1) return;
    start = end + 2;
  }
}

/** @returns null unless every field that matters is there and well formed */
export function parseRecord(stanza: string): ApkRecord | null {
  const fields = new Map<string, string>();
  for (const line of stanza.split('\n')) {
    // The list of what is installed goes on with the package's files.
    if (line.startsWith('F:')) break;
    if (line.length > LINE_MAX_CHARACTERS || line[1] !== ':') continue;
    fields.set(line.slice(0, 1), line.slice(2));
  }
  const text = (key: string): string => fields.get(key) ?? '';
  const dependencies = words(text('D')).map(parseDependency);
  const provisions = words(text('p')).map(parseProvision);
  const installIf = words(text('i')).map(parseDependency);
  const record = {
    checksum: text('C'),
    name: text('P'),
    version: text('V'),
    architecture: text('A'),
    sizeBytes: bytesOf(text('S')),
    installedBytes: bytesOf(text('I')),
    dependencies: dependencies.filter((entry) => entry !== null),
    provisions: provisions.filter((entry) => entry !== null),
    installIf: installIf.filter((entry) => entry !== null),
    providerPriority: fields.has('k') ? bytesOf(text('k')) : null,
    fields,
  };
  const isSound =
    isChecksum(record.checksum) &&
    isPackageName(record.name) &&
    isVersion(record.version) &&
    record.sizeBytes >= 0 &&
    record.installedBytes >= 0 &&
    (record.providerPriority ?? 0) >= 0 &&
    record.dependencies.length === dependencies.length &&
    record.installIf.length === installIf.length;
  return isSound ? record : null;
}

/** Everything a package goes by, its own name first. */
export function provisionsOf(record: ApkRecord): readonly Provision[] {
  return [{ name: record.name, version: record.version }, ...record.provisions];
}

function words(text: string): string[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .slice(0, WORDS_MAX);
}

function bytesOf(text: string): number {
  const value = text === '' ? 0 : Number(text);
  return /^\d*$/.test(text) && Number.isSafeInteger(value) ? value : -1;
}
