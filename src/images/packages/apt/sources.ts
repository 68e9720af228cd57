import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { FailureError } from '../../../shared/result.ts';

/** One suite of one repository, as `deb [signed-by=…] uri suite component…` would say it. */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** Absolute path of the keyring that must have signed it, or null for apt's own trusted keys. */
  readonly signedBy: string | null;
  /** Whether this computer takes its packages also unsigned (`trusted=yes`). */
  readonly isTrusted: boolean;
}

/** An entry of this computer's settings. */
export interface HostSource extends AptSource {
  /** The name of its file, without the ending: `nodesource` for /etc/apt/sources.list.d/nodesource.list. */
  readonly file: string;
}

/** The suites of a release that have its packages, besides the one that is called as the release. */
const RELEASE_SUITES = ['-updates', '-security'];
/** These have one suite only. */
const ROLLING = ['sid', 'unstable', 'testing'];

/** Where Debian's own keys are; used where an entry names no keyring. */
export const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Names under which Debian publishes, besides the code name of the release that is installed. */
const DEBIAN_SUITES = ['oldoldstable', 'oldstable', 'stable', 'testing', 'unstable', 'sid'];
/** As apt reads a setting. */
const YES = /^(?:yes|true|1|on|enable|with)$/i;

/**
 * The entries of a `.list` file (one line each, see sources.list(5)).
 */
export function parseListFile(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const rawLine of text.split('\n')) {
    const line = rawLine.replace(/#.*/, '').trim();
    const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)(?:\s+(.+))?$/.exec(line);
    if (match === null) continue;
    const [, options = '', uri = '', suite = '', components = ''] = match;
    const signedBy = keyring(/(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1]);
    const isTrusted = YES.test(/(?:^|\s)trusted=(\S+)/i.exec(options)?.[1] ?? '');
    sources.push({ uri, suite, components: wordsOf(components), signedBy, isTrusted });
  }
  return sources;
}

/**
 * The entries of a `.sources` file (deb822 stanzas, see sources.list(5)).
 */
export function parseSourcesFile(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const stanza of text.replaceAll(/^#.*\n?/gm, '').split(/\n\s*\n/)) {
    const fields = parseStanza(stanza);
    const words = (name: string): string[] => wordsOf(fields.get(name) ?? '');
    const isTrusted = YES.test(fields.get('trusted') ?? '');
    if (!words('types').includes('deb') || /^(no|false|0|off|disable)$/i.test(fields.get('enabled') ?? '')) continue;
    for (const uri of words('uris')) {
      for (const suite of words('suites')) {
        sources.push({
          uri,
          suite,
          components: words('components'),
          signedBy: keyring(fields.get('signed-by')),
          isTrusted,
        });
      }
    }
  }
  return sources;
}

/** The fields of one deb822 stanza, names in lower case, continuation lines joined by a newline. */
export function parseStanza(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  let name = '';
  for (const line of stanza.split('\n')) {
    const field = /^([A-Za-z0-9-]+):\s*(.*)$/.exec(line);
    if (field !== null) {
      name = (field[1] ?? '').toLowerCase();
      fields.set(name, (field[2] ?? '').trim());
    } else if (name !== '' && /^\s/.test(line)) {
      fields.set(name, `${fields.get(name) ?? ''}\n${line.trim()}`.trim());
    }
  }
  return fields;
}

/**
 * Reads all of this computer's apt sources.
 * @param etc apt's folder of settings, usually /etc/apt
 */
export async function readHostSources(etc: string): Promise<HostSource[]> {
  const parts = path.join(etc, 'sources.list.d');
  const names = await readdir(parts).catch(() => []);
  const files = [path.join(etc, 'sources.list'), ...names.sort().map((name) => path.join(parts, name))];
  const found: HostSource[] = [];
  for (const file of files) {
    const ending = /\.(?:list|sources)$/.exec(file)?.[0];
    if (ending === undefined) continue;
    const text = await readText(file);
    const sources = ending === '.sources' ? parseSourcesFile(text) : parseListFile(text);
    found.push(...sources.map((source) => ({ ...source, file: path.basename(file, ending) })));
  }
  return found;
}

/**
 * Those that look like Debian's own. Whether they are is asked of their signed Release files afterwards (Origin: Debian).
 * @param codeName of the release that is installed here
 */
export function debianSources(sources: readonly HostSource[], codeName: string | null): HostSource[] {
  const suites = new Set([...DEBIAN_SUITES, ...(codeName === null ? [] : [codeName])]);
  return unique(sources.filter((source) => isMain(source) && suites.has(releaseOf(source))));
}

/**
 * Those of one release: as they are written, else as the mirrors of this computer's own release have them.
 * @param codeName of the release that is installed here
 */
export function releaseSources(sources: readonly HostSource[], codeName: string | null, release: string): HostSource[] {
  const written = sources.filter((source) => isMain(source) && releaseOf(source) === release);
  if (written.some(({ suite }) => suite === release)) return unique(written);
  const endings = ROLLING.includes(release) ? [''] : ['', ...RELEASE_SUITES];
  return unique(
    debianSources(sources, codeName).flatMap((source) => {
      const ending = source.suite.slice(releaseOf(source).length);
      return endings.includes(ending) ? [{ ...source, suite: `${release}${ending}` }] : [];
    }),
  );
}

/**
 * Those of the files so named, whoever's they are.
 * @throws FailureError `not-found`
 */
export function namedSources(sources: readonly HostSource[], names: readonly string[]): HostSource[] {
  return unique(
    names.flatMap((name) => {
      const found = sources.filter(({ file }) => file === name);
      if (found.length > 0) return found;
      const known = [...new Set(sources.map(({ file }) => file))].join(', ');
      throw new FailureError(
        'not-found',
        `This computer’s apt settings have no source “${name}” (they have ${known}). The image was not built; add it to /etc/apt/sources.list.d, or leave it out of the recipe.`,
      );
    }),
  );
}

/** The code name of the Debian that is installed here; null elsewhere. */
export async function hostRelease(): Promise<string | null> {
  return /^VERSION_CODENAME=(\S+)/m.exec(await readText('/etc/os-release'))?.[1] ?? null;
}

/** Entries without a keyring of their own are Debian's to sign. */
export async function withDebianKeyring<T extends AptSource>(sources: readonly T[]): Promise<T[]> {
  const usual = await debianKeyring();
  return sources.map((source) => ({ ...source, signedBy: source.signedBy ?? usual }));
}

/** The lines of a sources file for apt or mmdebstrap. */
export function formatSources(sources: readonly AptSource[]): string {
  return sources
    .map(({ uri, suite, components, signedBy, isTrusted }) => {
      const options = [...(signedBy === null ? [] : [`signed-by=${signedBy}`]), ...(isTrusted ? ['trusted=yes'] : [])];
      return `${['deb', ...(options.length === 0 ? [] : [`[${options.join(' ')}]`]), uri, suite, ...components].join(' ')}\n`;
    })
    .join('');
}

/** What a machine is told of a source: not how this computer proves who it is. */
export function withoutPassword<T extends AptSource>(source: T): T {
  return { ...source, uri: source.uri.replace(/^([a-z+]+:\/\/)[^/@]*@/i, '$1') };
}

/** `bookworm` of `bookworm-updates`. */
function releaseOf({ suite }: AptSource): string {
  return suite.replace(/[-/].*$/, '');
}

function isMain({ components }: AptSource): boolean {
  return components.includes('main');
}

function unique<T extends AptSource>(sources: readonly T[]): T[] {
  const seen = new Set<string>();
  return sources.filter(({ uri, suite }) => !seen.has(`${uri} ${suite}`) && seen.add(`${uri} ${suite}`));
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** A key written into the entry itself, and a bare fingerprint, are left to the usual keyring. */
function keyring(value: string | undefined): string | null {
  return value !== undefined && /^\/\S+$/.test(value) ? value : null;
}

async function debianKeyring(): Promise<string | null> {
  const content = await readFile(DEBIAN_KEYRING).catch(() => null);
  return content === null ? null : DEBIAN_KEYRING;
}

async function readText(file: string): Promise<string> {
  // A source file that is absent or not ours to read simply names no source.
  return readFile(file, 'utf8').catch(() => '');
}
