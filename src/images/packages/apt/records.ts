import { parseStanza } from './sources.ts';

/** What Debian's index says of one version of a package. */
export interface PackageRecord {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Path within the repository. */
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Names of the packages it depends on, the first of each set of alternatives. */
  readonly dependencies: readonly string[];
}

/** It becomes a name in the cache. */
const DEB_FILE = /(?:^|\/)[A-Za-z0-9][A-Za-z0-9+.~%:_-]*\.deb$/;

export interface DownloadedPackage extends PackageRecord {
  /** The .deb file. */
  readonly path: string;
}

/** The output of `apt-cache show`; what lacks a field that matters is skipped. */
export function parseRecords(text: string): PackageRecord[] {
  const records: PackageRecord[] = [];
  for (const stanza of text.split(/\n\s*\n/)) {
    const fields = parseStanza(stanza);
    const record: Partial<Record<keyof PackageRecord, unknown>> = {
      name: fields.get('package'),
      version: fields.get('version'),
      architecture: fields.get('architecture'),
      fileName: fields.get('filename'),
      sizeBytes: Number(fields.get('size')),
      sha256: fields.get('sha256'),
      dependencies: dependencyNames(fields.get('depends') ?? ''),
    };
    if (isPackageRecord(record)) records.push(record);
  }
  return records;
}

export function isPackageRecord(value: unknown): value is PackageRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { name, version, architecture, fileName, sizeBytes, sha256, dependencies } = value as Record<string, unknown>;
  return (
    [name, version, architecture].every((field) => typeof field === 'string' && field !== '') &&
    typeof fileName === 'string' &&
    DEB_FILE.test(fileName) &&
    typeof sizeBytes === 'number' &&
    Number.isSafeInteger(sizeBytes) &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256) &&
    Array.isArray(dependencies) &&
    dependencies.every((entry) => typeof entry === 'string')
  );
}

function dependencyNames(depends: string): string[] {
  return depends
    .split(',')
    .map((entry) => /^[a-z0-9][a-z0-9+.-]*/.exec(entry.trim())?.[0] ?? '')
    .filter((name) => name !== '');
}
