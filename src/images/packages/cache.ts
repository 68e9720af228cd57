import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

/**
 * The cache folder: what can be fetched or built again. `TERRARIUM_CACHE`, else the platform's usual place.
 */
export function cacheRoot(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  const chosen = env['TERRARIUM_CACHE'];
  if (chosen !== undefined && chosen !== '') return path.resolve(chosen);
  if (platform === 'darwin') return path.join(home, 'Library', 'Caches', 'terrarium');
  if (platform === 'win32') {
    return path.join(env['LOCALAPPDATA'] ?? path.join(home, 'AppData', 'Local'), 'terrarium', 'cache');
  }
  const xdg = env['XDG_CACHE_HOME'];
  // The XDG specification says to ignore a value that is not absolute.
  const base = xdg !== undefined && path.isAbsolute(xdg) ? xdg : path.join(home, '.cache');
  return path.join(base, 'terrarium');
}

/**
 * Makes a folder appear under its name complete or not at all: `fill` writes into a new folder beside it, which
 * is flushed to disk and renamed. Call it while holding the lock for `target`, because what an interrupted
 * earlier attempt left behind is removed.
 */
export async function publishFolder(target: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const temporary = await temporaryBeside(target);
  try {
    await mkdir(temporary);
    await fill(temporary);
    await flushTree(temporary);
    await rm(target, { recursive: true, force: true });
    await rename(temporary, target);
    await flush(path.dirname(target));
  } catch (caught) {
    await rm(temporary, { recursive: true, force: true });
    throw caught;
  }
}

/** Writes a file under its name complete or not at all. */
export async function publishFile(target: string, content: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(target), { recursive: true });
  const temporary = `${target}.tmp-${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(temporary, content, { flush: true });
    await rename(temporary, target);
    await flush(path.dirname(target));
  } catch (caught) {
    await rm(temporary, { force: true });
    throw caught;
  }
}

/** True when something is there under this path. */
export async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** SHA-256 of a file in lower-case hex, read in pieces. */
export async function sha256File(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file, signal === undefined ? {} : { signal }))
    hash.update(piece as Buffer);
  return hash.digest('hex');
}

async function temporaryBeside(target: string): Promise<string> {
  const parent = path.dirname(target);
  const prefix = `${path.basename(target)}.tmp-`;
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    if (name.startsWith(prefix)) await rm(path.join(parent, name), { recursive: true, force: true });
  }
  return path.join(parent, prefix + randomBytes(6).toString('hex'));
}

async function flushTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) await flushTree(full);
    else if (entry.isFile()) await flush(full);
  }
  await flush(folder);
}

async function flush(file: string): Promise<void> {
  // Windows cannot open a folder for flushing; its rename is journalled.
  if (process.platform === 'win32' && (await stat(file)).isDirectory()) return;
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
