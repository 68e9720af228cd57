import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** One suite of one repository, as `deb [signed-by=…] uri suite component…` would say it. */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** Absolute path of the keyring that must have signed it, or null for apt's own trusted keys. */
  readonly signedBy: string | null;
}

/** Where Debian's own keys are; used where an entry names no keyring. */
const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Names under which Debian publishes, besides the code name of the release that is installed. */
const DEBIAN_SUITES = ['oldoldstable', 'oldstable', 'stable', 'testing', 'unstable', 'sid'];

/**
 * The entries of a `.list` file (one line each, see sources.list(5)).
 */
export function parseListFile(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const rawLine of text.split('\n')) {
    const line = rawLine.replace(/#.*/, '').trim();
    const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.+)$/.exec(line);
    if (match === null) continue;
    const [, options = '', uri = '', suite = '', components = ''] = match;
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1];
    sources.push({ uri, suite, components: components.trim().split(/\s+/), signedBy: keyring(signedBy) });
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
    const words = (name: string): string[] => (fields.get(name) ?? '').split(/\s+/).filter((word) => word !== '');
    if (!words('types').includes('deb') || /^(no|false|0|off|disable)$/i.test(fields.get('enabled') ?? '')) continue;
    for (const uri of words('uris')) {
      for (const suite of words('suites')) {
        sources.push({ uri, suite, components: words('components'), signedBy: keyring(fields.get('signed-by')) });
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
 * Reads this computer's apt sources and keeps those that look like Debian's own. Whether they are is asked of their
 * signed Release files afterwards (Origin: Debian).
 *
 * @param etc apt's folder of settings, usually /etc/apt
 */
export async function readHostSources(etc: string): Promise<AptSource[]> {
  const parts = path.join(etc, 'sources.list.d');
  const names = await readdir(parts).catch(() => []);
  const files = [path.join(etc, 'sources.list'), ...names.sort().map((name) => path.join(parts, name))];
  const codeName = /^VERSION_CODENAME=(\S+)/m.exec(await readText('/etc/os-release'))?.[1];
  const suites = new Set([...DEBIAN_SUITES, ...(codeName === undefined ? [] : [codeName])]);
  const found: AptSource[] = [];
  for (const file of files) {
    if (!/\.(list|sources)$/.test(file)) continue;
    const text = await readText(file);
    found.push(...(file.endsWith('.sources') ? parseSourcesFile(text) : parseListFile(text)));
  }
  const seen = new Set<string>();
  const kept: AptSource[] = [];
  for (const source of found) {
    const base = source.suite.replace(/[-/].*$/, '');
    const key = `${source.uri} ${source.suite}`;
    if (seen.has(key) || !suites.has(base) || !source.components.includes('main')) continue;
    seen.add(key);
    kept.push({ ...source, signedBy: source.signedBy ?? (await debianKeyring()) });
  }
  return kept;
}

/** The lines of a sources file for apt or mmdebstrap. */
export function formatSources(sources: readonly AptSource[]): string {
  return sources
    .map(({ uri, suite, components, signedBy }) => {
      const options = signedBy === null ? '' : `[signed-by=${signedBy}] `;
      return `deb ${options}${uri} ${suite} ${components.join(' ')}\n`;
    })
    .join('');
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
