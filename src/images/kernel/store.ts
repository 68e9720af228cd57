import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { exists, publishFolder, sha256File } from '../packages/cache.ts';
import type { WorkContext } from '../packages/context.ts';

export type KernelKind = 'tuned' | 'distro';

/** A kernel ready to boot. */
export interface Kernel {
  readonly kind: KernelKind;
  /** What `uname -r` will say. */
  readonly release: string;
  /** Path of the bzImage; its length is a multiple of four, as v86 wants it. */
  readonly bzImage: string;
  /** Path of the initramfs, or null where the kernel needs none. */
  readonly initrd: string | null;
}

interface KernelRecord {
  readonly format: 1;
  readonly kind: KernelKind;
  readonly release: string;
  /** SHA-256 of what we put in: the configuration, or the initramfs's script. */
  readonly recipeSha256: string;
  /** Version of the package it was made from. */
  readonly source: string;
  readonly builtAt: string;
  readonly bzImageSha256: string;
  readonly initrdSha256: string | null;
}

export interface KernelFiles {
  readonly release: string;
  readonly bzImage: Uint8Array;
  readonly initrd: Uint8Array | null;
}

/** SHA-256 of a kernel's recipe and source together, which names it in the cache. */
export function kernelKey(recipeSha256: string, source: string): string {
  return createHash('sha256').update(`${recipeSha256}\n${source}\n`).digest('hex').slice(0, 20);
}

/**
 * The newest kernel in the cache made by this recipe, whatever its source version was, so that nothing is asked of the
 * network. A kernel whose files no longer have their SHA-256 is passed over with a warning.
 */
export async function cachedKernel(
  context: WorkContext,
  kind: KernelKind,
  recipeSha256: string,
): Promise<Kernel | null> {
  const found = (await recordsOf(context.cacheRoot, kind)).filter(({ record }) => record.recipeSha256 === recipeSha256);
  found.sort((one, other) => other.record.builtAt.localeCompare(one.record.builtAt));
  for (const { record, at } of found) {
    const kernel = kernelAt(record, at);
    if (await isWhole(kernel, record)) return kernel;
    context.warn(`The kernel cached in ${at} is damaged and is not used; another is made.`);
  }
  return null;
}

/** What the cached kernels of a kind were made from, as they say themselves: their files are not looked at. */
export async function cachedSources(cacheRoot: string, kind: KernelKind): Promise<string[]> {
  return (await recordsOf(cacheRoot, kind)).map(({ record }) => record.source);
}

/** Puts a kernel into the cache, whole or not at all. Call it while holding the lock of the kernels. */
export async function storeKernel(
  context: WorkContext,
  kind: KernelKind,
  recipeSha256: string,
  source: string,
  files: KernelFiles,
): Promise<Kernel> {
  const bzImage = padded(files.bzImage);
  const initrd = files.initrd === null ? null : padded(files.initrd);
  const record: KernelRecord = {
    format: 1,
    kind,
    release: files.release,
    recipeSha256,
    source,
    builtAt: new Date().toISOString(),
    bzImageSha256: sha256(bzImage),
    initrdSha256: initrd === null ? null : sha256(initrd),
  };
  const at = path.join(kernelsFolder(context.cacheRoot), `${kind}-${kernelKey(recipeSha256, source)}`);
  await publishFolder(at, async (folder) => {
    await writeFile(path.join(folder, 'bzImage'), bzImage);
    if (initrd !== null) await writeFile(path.join(folder, 'initrd'), initrd);
    await writeFile(path.join(folder, 'kernel.json'), `${JSON.stringify(record, null, 2)}\n`);
  });
  return kernelAt(record, at);
}

export function kernelLock(cacheRoot: string): string {
  return path.join(kernelsFolder(cacheRoot), 'lock');
}

function kernelsFolder(cacheRoot: string): string {
  return path.join(cacheRoot, 'kernels');
}

function kernelAt(record: KernelRecord, at: string): Kernel {
  return {
    kind: record.kind,
    release: record.release,
    bzImage: path.join(at, 'bzImage'),
    initrd: record.initrdSha256 === null ? null : path.join(at, 'initrd'),
  };
}

async function isWhole(kernel: Kernel, record: KernelRecord): Promise<boolean> {
  if (!(await exists(kernel.bzImage)) || (await sha256File(kernel.bzImage)) !== record.bzImageSha256) return false;
  if (kernel.initrd === null) return true;
  return (await exists(kernel.initrd)) && (await sha256File(kernel.initrd)) === record.initrdSha256;
}

/** What the finished kernels of a kind say of themselves, and where they are. */
async function recordsOf(cacheRoot: string, kind: KernelKind): Promise<{ record: KernelRecord; at: string }[]> {
  const folder = kernelsFolder(cacheRoot);
  const found: { record: KernelRecord; at: string }[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(`${kind}-`) || name.includes('.tmp-')) continue;
    const at = path.join(folder, name);
    const record = await readRecord(at);
    if (record?.kind === kind) found.push({ record, at });
  }
  return found;
}

async function readRecord(at: string): Promise<KernelRecord | null> {
  const text = await readFile(path.join(at, 'kernel.json'), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    const parsed: unknown = JSON.parse(text);
    return isRecord(parsed) ? parsed : null;
  } catch (caught) {
    if (caught instanceof SyntaxError) return null;
    throw caught;
  }
}

function isRecord(value: unknown): value is KernelRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { format, kind, release, recipeSha256, source, builtAt, bzImageSha256, initrdSha256 } = value as Record<
    string,
    unknown
  >;
  return (
    format === 1 &&
    (kind === 'tuned' || kind === 'distro') &&
    [release, recipeSha256, source, builtAt, bzImageSha256].every((field) => typeof field === 'string') &&
    (initrdSha256 === null || typeof initrdSha256 === 'string')
  );
}

function padded(bytes: Uint8Array): Uint8Array {
  const length = Math.ceil(bytes.length / 4) * 4;
  if (length === bytes.length) return bytes;
  const longer = new Uint8Array(length);
  longer.set(bytes);
  return longer;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
