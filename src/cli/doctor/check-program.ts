import path from 'node:path';
import { exists } from '../../images/packages/cache.ts';
import { problem, well, type Check, type Finding } from './finding.ts';

/** As package.json's `engines` has it. */
const NODE_MIN = [20, 19] as const;

/** Node itself, and the files that a machine is made of. */
export const checkProgram: Check = async ({ places: { parts, resourcesFolder } }) => {
  const findings: Finding[] = [checkNode(process.versions.node)];
  if (!(await exists(parts.workerPath))) {
    const message = `The machine’s program is not there (${parts.workerPath}).`;
    findings.push(problem('emulator', message, 'Build it: npm run build'));
  } else if (!(await exists(parts.wasmPath))) {
    const message = `The emulator is not there (${parts.wasmPath}).`;
    findings.push(problem('emulator', message, 'Fetch it: npm ci'));
  } else findings.push(well('emulator', 'The emulator is there.'));
  if (!(await exists(path.join(resourcesFolder, 'guest')))) {
    const message = `The files that go into every image are not there (${resourcesFolder}).`;
    findings.push(problem('resources', message, 'Get Terrarium anew; the folder “resources” is a part of it.'));
  }
  return findings;
};

/** @param version as `20.20.0` */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
  if (isEnough) return well('node', `Node ${version}`);
  return problem(
    'node',
    `Node ${version} is too old.`,
    `Install Node ${NODE_MIN.join('.')} or newer: https://nodejs.org`,
  );
}
