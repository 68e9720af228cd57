import { mkdir } from 'node:fs/promises';
import { FailureError } from '../../../shared/result.ts';
import { runTool } from '../tool.ts';

/**
 * Unpacks the files of a Debian package into a folder, without its maintainer scripts and without root.
 *
 * @throws FailureError `missing-tool`, `damaged` or `cancelled`
 */
export async function extractDeb(deb: string, folder: string, signal: AbortSignal): Promise<void> {
  await mkdir(folder, { recursive: true });
  const outcome = await runTool('dpkg-deb', ['--extract', deb, folder], {
    signal,
    missing: 'Install it with: sudo apt-get install dpkg',
  });
  if (outcome.exitCode !== 0) {
    throw new FailureError(
      'damaged',
      `The package ${deb} could not be unpacked: ${outcome.errorTail}. Delete it and try again.`,
    );
  }
}
