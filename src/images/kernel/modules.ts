import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { FailureError } from '../../shared/result.ts';
import { runTool } from '../packages/tool.ts';

/** The largest there are take some MiB. */
const MODULE_MAX_BYTES = 64 * 1024 * 1024;

/** A kernel module, uncompressed. */
export interface KernelModule {
  readonly name: string;
  readonly content: Uint8Array;
}

/**
 * The modules wanted and all they depend on, each after what it needs: the order in which `insmod` takes them. A
 * .deb holds no modules.dep (depmod writes it when the package is configured), so the dependencies are read from the
 * modules themselves. What is built into the kernel is left out.
 *
 * @param folder lib/modules/RELEASE of the unpacked package
 */
export async function modulesInOrder(
  folder: string,
  wanted: readonly string[],
  signal: AbortSignal,
): Promise<KernelModule[]> {
  const files = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const match = /^(.+)\.ko(\.xz|\.zst|\.gz)?$/.exec(entry.name);
    if (entry.isFile() && match !== null)
      files.set(moduleName(match[1] ?? ''), path.join(entry.parentPath, entry.name));
  }
  const builtIn = new Set(
    (await readFile(path.join(folder, 'modules.builtin'), 'utf8').catch(() => ''))
      .split('\n')
      .map((line) => moduleName(path.basename(line.trim(), '.ko'))),
  );
  const ordered = new Map<string, KernelModule>();
  const visit = async (name: string): Promise<void> => {
    if (ordered.has(name)) return;
    const file = files.get(name);
    if (file === undefined) {
      if (builtIn.has(name)) return;
      throw new FailureError(
        'unsupported',
        `The distribution's kernel has no module ${name}, which a guest needs. Build with the tuned kernel instead.`,
      );
    }
    const content = await readModule(file, signal);
    for (const dependency of moduleDependencies(content)) await visit(dependency);
    ordered.set(name, { name, content });
  };
  for (const name of wanted) await visit(moduleName(name));
  return [...ordered.values()];
}

/**
 * What a module says it depends on: the entry `depends=a,b` among the NUL-ended strings of its .modinfo section.
 */
export function moduleDependencies(content: Uint8Array): string[] {
  const buffer = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const key = '\0depends=';
  const at = buffer.indexOf(key, 0, 'latin1');
  if (at < 0) return [];
  const from = at + key.length;
  const list = buffer.toString('latin1', from, buffer.indexOf(0, from));
  return list.split(',').flatMap((name) => (name === '' ? [] : [moduleName(name)]));
}

/** The kernel takes dash and underscore in a module's name for the same. */
function moduleName(name: string): string {
  return name.replaceAll('-', '_');
}

async function readModule(file: string, signal: AbortSignal): Promise<Uint8Array> {
  const compression = /\.(xz|zst|gz)$/.exec(file)?.[1];
  if (compression === undefined) return readFile(file);
  if (compression === 'gz') return gunzipped(file);
  const tool = { xz: 'xz', zst: 'zstd' }[compression as 'xz' | 'zst'];
  const outcome = await runTool(tool, ['--decompress', '--force', file], {
    signal,
    missing: 'Install it with: sudo apt-get install xz-utils zstd',
  });
  if (outcome.exitCode !== 0)
    throw new FailureError('damaged', `The module ${file} could not be unpacked: ${outcome.errorTail}.`);
  return readFile(file.slice(0, -compression.length - 1));
}

async function gunzipped(file: string): Promise<Uint8Array> {
  try {
    return gunzipSync(await readFile(file), { maxOutputLength: MODULE_MAX_BYTES });
  } catch (cause) {
    throw new FailureError('damaged', `The module ${file} could not be unpacked.`, { cause });
  }
}
