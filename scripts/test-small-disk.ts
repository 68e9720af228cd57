import { execFileSync } from 'node:child_process';

/** Mounts a file system of four MiB on a folder. @returns false where this process may not */
export function mountSmall(folder: string): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch (caught) {
    // A container without the right to mount; anything else is a mistake of this function.
    if (caught instanceof Error && ('status' in caught || 'code' in caught)) return false;
    throw caught;
  }
}
