import { constants } from 'node:fs';
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PROJECT_ROOT } from '../setup/child.ts';
import { writeAsar } from './asar.ts';
import { flipPackagedFuses } from './fuses.ts';

export const PROGRAM_NAME = process.platform === 'win32' ? 'Terrarium.exe' : 'terrarium';

/** What other programs than the app's main process read: not within the archive, which only Electron sees into. */
const OUTSIDE = ['out/main', 'resources', 'node_modules/v86/build/v86.wasm', 'package.json'] as const;
const INSIDE = ['out/main', 'out/preload', 'out/renderer', 'package.json'] as const;

/**
 * Puts the built app and an Electron runtime together into a folder that can be given away: the app in an archive, the fuses
 * flipped. For Linux and Windows; on macOS an app is a bundle, which has to be signed as well.
 * @param electronPath the runtime's program; the runtime itself is not changed
 * @param folder does not exist yet
 * @returns the program to start
 */
export async function packageApp(electronPath: string, folder: string): Promise<string> {
  const runtime = path.dirname(electronPath);
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(runtime)) {
    if (name === path.basename(electronPath)) continue;
    const [from, to] = [path.join(runtime, name), path.join(folder, name)];
    // The launcher of the development runtime, and Electron's default app, stay behind.
    await cp(from, to, {
      recursive: true,
      filter: (file) => !/[\\/]resources[\\/](app|default_app\.asar)$/.test(file),
    });
  }
  const program = path.join(folder, PROGRAM_NAME);
  // Never a link: its fuses become others.
  await copyFile(electronPath, program, constants.COPYFILE_FICLONE);
  await packArchive(path.join(folder, 'resources'));
  await flipPackagedFuses(program);
  return program;
}

async function packArchive(resources: string): Promise<void> {
  const work = await mkdtemp(path.join(resources, 'work-'));
  try {
    for (const name of INSIDE) await copyApp(name, work);
    await writeAsar(work, path.join(resources, 'app.asar'));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  for (const name of OUTSIDE) await copyApp(name, path.join(resources, 'app.asar.unpacked'));
}

/** Copies a part of the app; of its package.json only what the app reads. */
async function copyApp(name: string, to: string): Promise<void> {
  const target = path.join(to, name);
  await mkdir(path.dirname(target), { recursive: true });
  if (name !== 'package.json') {
    await cp(path.join(PROJECT_ROOT, name), target, { recursive: true, filter: (file) => !file.endsWith('.map') });
    return;
  }
  const all = JSON.parse(await readFile(path.join(PROJECT_ROOT, name), 'utf8')) as Record<string, unknown>;
  const kept = {
    name: all['name'],
    productName: 'Terrarium',
    version: all['version'],
    type: all['type'],
    main: all['main'],
  };
  await writeFile(target, `${JSON.stringify(kept, null, 2)}\n`);
}
