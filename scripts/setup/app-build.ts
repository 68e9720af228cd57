import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FailureError } from '../../src/shared/result.ts';
import { PROJECT_ROOT, runNpmScript } from './child.ts';
import type { Terminal } from './terminal.ts';

/** What the built app in out/ is made of. */
const INPUTS = [
  'src',
  'relay',
  'resources',
  'scripts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'electron.vite.config.ts',
];

const STAMP = path.join(PROJECT_ROOT, 'out', '.built-from');

/** Runs `npm run build` unless out/ was built from the files as they are now. */
export async function ensureBuilt(terminal: Terminal): Promise<void> {
  const inputs = await inputsHash();
  const stamp = await readFile(STAMP, 'utf8').catch(() => '');
  if (stamp === inputs) return;
  terminal.say('Building the app...');
  const exitCode = await runNpmScript('build');
  if (exitCode !== 0) {
    throw new FailureError('internal', `The app could not be built ("npm run build" ended with status ${exitCode}).`);
  }
  await mkdir(path.dirname(STAMP), { recursive: true });
  await writeFile(STAMP, inputs);
}

/** SHA-256 over the path, size and time of change of every input: a checkout of another commit changes those. */
async function inputsHash(): Promise<string> {
  const lines: string[] = [];
  for (const input of INPUTS) {
    const full = path.join(PROJECT_ROOT, input);
    const found = await stat(full).catch(() => null);
    if (found === null) continue;
    const files = found.isDirectory() ? await filesIn(full) : [full];
    for (const file of files) {
      const { size, mtimeMs } = await stat(file);
      lines.push(`${path.relative(PROJECT_ROOT, file)} ${size} ${mtimeMs}`);
    }
  }
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  // Tests are not part of the app.
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => path.join(entry.parentPath, entry.name));
}
