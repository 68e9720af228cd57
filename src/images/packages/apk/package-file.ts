import { createHash } from 'node:crypto';
import { FailureError } from '../../../shared/result.ts';
import type { FileMeta } from '../../fs-tree.ts';
import { checksumOf, checksumOfHex } from './checksum.ts';
import { firstGzipMember, splitGzipMembers, type GzipMember } from './gzip-members.ts';
import type { ApkRecord } from './record.ts';
import { tarEntries } from './tar-entries.ts';

export type ScriptKind = (typeof SCRIPT_KINDS)[number];
/** apk-package(5); each a file of the control segment, with a dot before its name. */
const SCRIPT_KINDS = [
  'pre-install',
  'post-install',
  'pre-upgrade',
  'post-upgrade',
  'pre-deinstall',
  'post-deinstall',
  'trigger',
] as const;

export type PackageEntry =
  | { readonly kind: 'directory'; readonly path: string; readonly meta: FileMeta }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly meta: FileMeta;
      readonly checksum: string;
      readonly content: Uint8Array;
    }
  | {
      readonly kind: 'symlink';
      readonly path: string;
      readonly meta: FileMeta;
      readonly checksum: string;
      readonly target: string;
    }
  | {
      readonly kind: 'link';
      readonly path: string;
      readonly meta: FileMeta;
      readonly checksum: string;
      readonly target: string;
    };

/** A package's content, all of it checked against the signed index. */
export interface ApkPackage {
  readonly record: ApkRecord;
  readonly scripts: ReadonlyMap<ScriptKind, Uint8Array>;
  /** Folders (may have `*`) whose changes make its trigger run. */
  readonly triggers: readonly string[];
  /** Names of packages whose files it may take over. */
  readonly replaces: readonly string[];
  readonly replacesPriority: string | null;
  readonly entries: readonly PackageEntry[];
  /** Device nodes and the like, which v86's file system has none of. */
  readonly skippedDevices: number;
}

/** Packages are held whole while they are read; the largest for x86 unpack to some hundred megabytes. */
const CONTENT_MAX_BYTES = 1024 * 1024 * 1024;
/** Scripts and what a package says of itself. */
const CONTROL_MAX_BYTES = 16 * 1024 * 1024;
const CHECKSUM_HEADER = 'APK-TOOLS.checksum.SHA1';
const TRIGGERS_MAX = 1024;

/**
 * The control segment, which a signature may stand before, and all that is behind it, still packed: what was not
 * compared with its hash is not unpacked.
 */
function signedControl(
  bytes: Uint8Array,
  record: ApkRecord,
  what: string,
): { readonly control: GzipMember; readonly packedData: Uint8Array } {
  let rest = bytes;
  for (let segment = 0; segment < 2 && rest.byteLength > 0; segment += 1) {
    const member = firstGzipMember(rest, { what, contentMaxBytes: CONTROL_MAX_BYTES });
    rest = rest.subarray(member.packed.byteLength);
    if (checksumOf(member.packed) === record.checksum) return { control: member, packedData: rest };
  }
  throw new FailureError('damaged', `${what} is not the one that the signed index names. It was not used.`);
}

/**
 * Reads a package file (apk-package(5)): gzip members with signatures, control files and data. The index is signed and
 * names the SHA-1 of the control segment, which names the SHA-256 of the data: so all of it is what Alpine signed.
 * @throws FailureError `damaged` for any other content
 */
export async function readPackageFile(bytes: Uint8Array, record: ApkRecord): Promise<ApkPackage> {
  const what = `The package “${record.name}-${record.version}”`;
  const { control, packedData } = signedControl(bytes, record, what);

  const scripts = new Map<ScriptKind, Uint8Array>();
  let info = new Map<string, string[]>();
  for await (const { header, content } of tarEntries(control.content, what)) {
    if (header.name === '.PKGINFO') info = parseInfo(new TextDecoder().decode(content));
    const kind = SCRIPT_KINDS.find((name) => header.name === `.${name}`);
    if (kind !== undefined) scripts.set(kind, content);
  }
  const dataHash = createHash('sha256').update(packedData).digest('hex');
  if (info.get('datahash')?.[0] !== dataHash)
    throw new FailureError(
      'damaged',
      `${what} is damaged: its files are not those it was signed with. It was not used.`,
    );
  if (info.get('pkgname')?.[0] !== record.name || info.get('pkgver')?.[0] !== record.version)
    throw new FailureError('damaged', `${what} calls itself something else. It was not used.`);

  const [data] = splitGzipMembers(packedData, { what, membersMax: 1, contentMaxBytes: CONTENT_MAX_BYTES });
  if (!data) throw new FailureError('damaged', `${what} has no files. It was not used.`);
  const entries: PackageEntry[] = [];
  let skippedDevices = 0;
  for await (const { header, content } of tarEntries(data.content, what)) {
    const { mode, uid, gid, mtime, type } = header;
    const meta: FileMeta = { mode: mode & 0o7777, uid, gid, mtimeS: Math.max(0, Math.floor(mtime.getTime() / 1000)) };
    const path = header.name.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '');
    const target = header.linkname;
    if (path === '' || path === '.' || /[\n\r]/.test(path)) continue;
    const claimed = checksumOfHex(paxText(header.pax, CHECKSUM_HEADER));
    switch (type) {
      case 'directory':
        entries.push({ kind: 'directory', path, meta });
        break;
      case 'symlink':
        entries.push({ kind: 'symlink', path, meta, target, checksum: claimed ?? checksumOf(Buffer.from(target)) });
        break;
      case 'link':
        entries.push({ kind: 'link', path, meta, target, checksum: claimed ?? '' });
        break;
      case 'file':
      case 'contiguous-file': {
        const checksum = checksumOf(content);
        if (claimed !== null && claimed !== checksum)
          throw new FailureError('damaged', `${what} is damaged: its file “${path.slice(0, 200)}”. It was not used.`);
        entries.push({ kind: 'file', path, meta, content, checksum });
        break;
      }
      default:
        skippedDevices += 1;
    }
  }
  return {
    record,
    scripts,
    triggers: (info.get('triggers') ?? []).flatMap(words).slice(0, TRIGGERS_MAX),
    replaces: (info.get('replaces') ?? []).flatMap(words),
    replacesPriority: info.get('replaces_priority')?.[0] ?? null,
    entries,
    skippedDevices,
  };
}

/** `.PKGINFO`: lines of `key = value`, keys may come again. */
function parseInfo(text: string): Map<string, string[]> {
  const info = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [, key = '', value = ''] = /^([a-z_]+) = (.*)$/.exec(line) ?? [];
    if (key !== '') info.set(key, [...(info.get(key) ?? []), value.trim()]);
  }
  return info;
}

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}

function paxText(pax: unknown, key: string): string {
  if (typeof pax !== 'object' || pax === null) return '';
  const value: unknown = Reflect.get(pax, key);
  return typeof value === 'string' ? value : '';
}
