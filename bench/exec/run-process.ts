import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { bundlePrograms } from '../../src/headless/bundle-programs.fixture.ts';

const PROJECT = path.resolve(import.meta.dirname, '..', '..');
const FOLDER = path.join(PROJECT, 'node_modules', '.cache', 'terrarium', 'bench-run');

/** The two programs whose whole life is measured: the command, built as it is shipped, and the plain one. */
export interface RunPrograms {
  readonly cliPath: string;
  readonly plainPath: string;
}

export async function buildPrograms(): Promise<RunPrograms> {
  const programs = path.join(FOLDER, 'out', 'main');
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(programs, { recursive: true });
  await copyFile(path.join(PROJECT, 'package.json'), path.join(FOLDER, 'package.json'));
  for (const name of ['resources', 'node_modules']) await symlink(path.join(PROJECT, name), path.join(FOLDER, name));
  const outdir = programs;
  const command = path.join(PROJECT, 'src', 'cli', 'index.ts');
  const worker = path.join(PROJECT, 'src', 'machine', 'entry-node.ts');
  const plain = path.join(import.meta.dirname, 'plain-run.ts');
  await bundlePrograms({ outdir, entryPoints: { cli: command }, splitting: true });
  const saver = path.join(PROJECT, 'src', 'library', 'pages', 'entry-thread.ts');
  await bundlePrograms({ outdir, entryPoints: { 'machine-worker': worker, 'page-worker': saver } });
  await bundlePrograms({ outdir, entryPoints: { 'plain-run': plain }, external: ['v86'] });
  return { cliPath: path.join(programs, 'cli.js'), plainPath: path.join(programs, 'plain-run.js') };
}

/** From the start of a Node program to its end. @throws Error when it does not end with 0 */
export async function timeProcess(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  const elapsedMs = performance.now() - began;
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`);
  return elapsedMs;
}
