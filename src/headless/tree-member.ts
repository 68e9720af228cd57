import { TREE_DEPTH_MAX, TREE_NAME_MAX_BYTES, TREE_PATH_MAX_BYTES } from './tree-limits.ts';

/**
 * What the name of an archive's member means on the host. The archive comes out of a guest, so a name is either
 * plainly below the folder it is unpacked into, or it is refused.
 */
export type MemberName =
  /** No parts for the folder itself. */
  { readonly parts: readonly string[] } | { readonly refused: string };

/** Names that Windows gives to devices, with any ending. */
const WINDOWS_DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i;

/** @param platform `process.platform` of the host */
export function memberName(name: string, platform: NodeJS.Platform): MemberName {
  if (name.includes('\0')) return { refused: 'has a name that no file can have' };
  if (name.startsWith('/')) return { refused: 'has an absolute name' };
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) return { refused: 'has a name that leads upwards' };
  if (parts.length > TREE_DEPTH_MAX) return { refused: `is more than ${TREE_DEPTH_MAX} folders deep` };
  if (Buffer.byteLength(name) > TREE_PATH_MAX_BYTES || parts.some((part) => !fits(part))) {
    return { refused: 'has too long a name' };
  }
  if (platform === 'win32' && !parts.every(isWindowsName)) return { refused: 'has a name that Windows does not allow' };
  return { parts };
}

/**
 * Whether a symlink can only lead to somewhere in the copied folder, whatever else is in there. It may go up from
 * where it is as far as the folder, and then only down: `..` after a name could start from where another link leads.
 * @param parts of the symlink itself
 */
export function staysInside(parts: readonly string[], target: string, platform: NodeJS.Platform): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false;
  if (Buffer.byteLength(target) > TREE_PATH_MAX_BYTES) return false;
  const steps = target.split('/').filter((step) => step !== '' && step !== '.');
  const down = steps.findIndex((step) => step !== '..');
  const ups = down < 0 ? steps.length : down;
  const names = steps.slice(ups);
  if (ups > parts.length - 1 || names.includes('..')) return false;
  return platform !== 'win32' || names.every(isWindowsName);
}

function fits(part: string): boolean {
  return Buffer.byteLength(part) <= TREE_NAME_MAX_BYTES;
}

function isWindowsName(part: string): boolean {
  return !/[\\:*?"<>|\p{Cc}]/u.test(part) && !/[ .]$/.test(part) && !WINDOWS_DEVICES.test(part);
}
