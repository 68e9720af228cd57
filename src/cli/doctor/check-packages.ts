import { warning, well, type Check, type Finding } from './finding.ts';
import { missingPackages, type Purpose } from './system-packages.ts';

/** What does not work without the packages of each purpose. */
const PURPOSES: readonly (readonly [Purpose, string])[] = [
  ['app', 'the app’s window'],
  ['kernel', 'compiling our own guest kernel'],
  ['images', 'building Debian images and importing compressed tarballs'],
];

/** Packages of the system. Nothing else is needed: no KVM, no root, no daemon. */
export const checkPackages: Check = async ({ signal }) => {
  if (process.platform !== 'linux') return [];
  const findings: Finding[] = [];
  for (const [purpose, what] of PURPOSES) {
    const missing = await missingPackages([purpose], signal);
    if (missing === null) {
      const advice = 'Should something be missing, it is named when it is needed.';
      return [warning('packages', 'This is not Debian, so its packages were not checked.', advice)];
    }
    if (missing.length === 0) continue;
    const count = missing.length === 1 ? 'A package is' : `${missing.length} packages are`;
    const install = `Install: sudo apt-get install --no-install-recommends ${missing.join(' ')}`;
    findings.push(warning('packages', `${count} missing for ${what}.`, install));
  }
  if (findings.length > 0) return findings;
  return [well('packages', 'All Debian packages are installed that the app, kernels and images need.')];
};
