import { readFile } from 'node:fs/promises';
import { findTool, runTool } from '../../images/packages/tool.ts';

/** What the packages are for. The app cannot start without `app`, nor the tests without `test`. */
export type Purpose = 'app' | 'test' | 'kernel' | 'images';

/** Alternatives are names of one package in different Debian releases (the 64-bit time_t change renamed some). */
type Need = readonly [name: string, ...alternatives: string[]];

/**
 * By purpose. `app` is what `objdump -p electron` names as NEEDED on Debian 12 less what those depend on by
 * themselves, a font for what the bundled ones lack, and unzip for the runtime.
 */
export const SYSTEM_PACKAGES: Readonly<Record<Purpose, readonly Need[]>> = {
  app: [
    ['libgtk-3-0', 'libgtk-3-0t64'],
    ['libatk1.0-0', 'libatk1.0-0t64'],
    ['libatk-bridge2.0-0', 'libatk-bridge2.0-0t64'],
    ['libatspi2.0-0', 'libatspi2.0-0t64'],
    ['libglib2.0-0', 'libglib2.0-0t64'],
    ['libcups2', 'libcups2t64'],
    ['libasound2', 'libasound2t64'],
    ['libcairo2'],
    ['libdbus-1-3'],
    ['libdrm2'],
    ['libexpat1'],
    ['libgbm1'],
    ['libnspr4'],
    ['libnss3'],
    ['libpango-1.0-0'],
    ['libudev1'],
    ['libx11-6'],
    ['libxcb1'],
    ['libxcomposite1'],
    ['libxdamage1'],
    ['libxext6'],
    ['libxfixes3'],
    ['libxkbcommon0'],
    ['libxrandr2'],
    ['fonts-dejavu-core'],
    ['unzip'],
  ],
  test: [['xvfb'], ['iperf3'], ['iputils-ping']],
  kernel: [['gcc'], ['libc6-dev'], ['make'], ['flex'], ['bison'], ['bc'], ['lz4'], ['xz-utils']],
  images: [['mmdebstrap'], ['arch-test'], ['xz-utils'], ['zstd']],
};

/** The packages that are not installed, by Debian's name for them on this release; null where there is no dpkg. */
export async function missingPackages(purposes: readonly Purpose[], signal: AbortSignal): Promise<string[] | null> {
  if ((await findTool('dpkg-query')) === null) return null;
  const query = await runTool('dpkg-query', ['--show', '--showformat=${Package} ${db:Status-Status}\n'], { signal });
  const installed = new Set(
    query.stdout.split('\n').flatMap((line) => (line.endsWith(' installed') ? [line.split(' ')[0] ?? ''] : [])),
  );
  const needs = purposes.flatMap((purpose) => SYSTEM_PACKAGES[purpose]);
  const absent = needs.filter((names) => !names.some((name) => installed.has(name)));
  const renamed = await hasRenamedLibraries();
  return [...new Set(absent.map(([name, newer]) => (renamed && newer !== undefined ? newer : name)))];
}

/** Debian 13 renamed libraries for 64-bit time. */
async function hasRenamedLibraries(): Promise<boolean> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const version = Number(/^VERSION_ID="?(\d+)/m.exec(release)?.[1] ?? Number.NaN);
  // Testing and unstable have no number.
  return /^ID=debian/m.test(release) ? !(version < 13) : /^ID=ubuntu/m.test(release) && version >= 24;
}
