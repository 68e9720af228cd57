import { createHash } from 'node:crypto';
import { FailureError } from '../../../shared/result.ts';

/** Of the list of a release's files, which has a few entries. */
export const RELEASES_MAX_BYTES = 1024 * 1024;
export const MINIROOTFS_MAX_BYTES = 64 * 1024 * 1024;

/** Alpine's minimal root file system, as `latest-releases.yaml` names it. */
export interface MiniRootfs {
  readonly file: string;
  readonly version: string;
  readonly sizeBytes: number;
  readonly sha512: string;
}

/**
 * The minimal root file system in Alpine's list of a release's files. Of YAML only what that list is made of is read:
 * entries that begin with a dash, plain `key: value` lines.
 * @throws FailureError `damaged` for a list that has no whole entry for it
 */
export function parseReleases(
  text: string,
  { branch, architecture }: { branch: string; architecture: string },
): MiniRootfs {
  for (const entry of text.split(/^-/m)) {
    const value = (key: string): string =>
      new RegExp(`^\\s+${key}:\\s+"?([^"\\n]*?)"?\\s*$`, 'm').exec(entry)?.[1] ?? '';
    if (value('flavor') !== 'alpine-minirootfs') continue;
    const found = {
      file: value('file'),
      version: value('version'),
      sizeBytes: Number(value('size')),
      sha512: value('sha512'),
    };
    // The name is pinned by the release, so that no list can point anywhere else.
    const isOfBranch = found.version === branch.slice(1) || found.version.startsWith(`${branch.slice(1)}.`);
    const isSound =
      /^\d+\.\d+(?:\.\d+)?$/.test(found.version) &&
      isOfBranch &&
      found.file === `alpine-minirootfs-${found.version}-${architecture}.tar.gz` &&
      Number.isSafeInteger(found.sizeBytes) &&
      found.sizeBytes > 0 &&
      found.sizeBytes <= MINIROOTFS_MAX_BYTES &&
      /^[0-9a-f]{128}$/.test(found.sha512);
    if (isSound) return found;
  }
  throw new FailureError(
    'damaged',
    `The mirror’s list of files for Alpine ${branch} names no minimal root file system for ${architecture}. The image was not built.`,
  );
}

/** @throws FailureError `damaged` unless the bytes are those that were named */
export function checkMiniRootfs(bytes: Uint8Array, { file, sha512 }: MiniRootfs): void {
  if (createHash('sha512').update(bytes).digest('hex') === sha512) return;
  throw new FailureError(
    'damaged',
    `“${file}” from the mirror is not the file that the release names. It was removed.`,
  );
}
