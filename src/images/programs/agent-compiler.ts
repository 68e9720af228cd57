import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FailureError } from '../../shared/result.ts';
import { debianPackages } from '../packages/apt/debian-packages.ts';
import { exists, publishFile } from '../packages/cache.ts';
import type { WorkContext } from '../packages/context.ts';
import { extractDeb } from '../packages/apt/deb.ts';
import { findTool, runTool, throwIfCancelled } from '../packages/tool.ts';

/**
 * For a program without a C library that runs on any i686. Without the loop patterns gcc would put calls of a memset
 * there is none of.
 */
const CC_OPTIONS = [
  '-m32 -march=i686 -mno-sse -std=gnu99 -O1 -Wall -ffreestanding -fno-builtin -fno-tree-loop-distribute-patterns',
  '-fno-stack-protector -fno-pie -no-pie -fcf-protection=none -fno-asynchronous-unwind-tables',
  '-nostdlib -static -Wl,--build-id=none -Wl,-z,noexecstack -s',
].flatMap((line) => line.split(' '));
const TCC_OPTIONS = ['-nostdlib', '-static'];
/** What Debian calls the processors of this computer. */
const DEBIAN_ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = {
  x64: 'amd64',
  ia32: 'i386',
  arm64: 'arm64',
};

/** A compiler for i386 where this computer has none. @throws FailureError `internal` when the sources do not compile */
export type OtherCompiler = (sources: ReadonlyMap<string, Uint8Array>) => Promise<Uint8Array>;

/**
 * The guest agent, compiled from resources/guest/agent and kept in the cache: with this computer's C compiler, as the
 * kernel is, or, where there is none that makes programs for i386, with another: Debian's tcc unless given, which needs no
 * installation.
 * @throws FailureError `missing-tool`, `internal` when the sources do not compile
 */
export async function compileAgent(
  sourceFolder: string,
  context: WorkContext,
  otherCompiler: OtherCompiler | null = null,
): Promise<Uint8Array> {
  const names = (await readdir(sourceFolder)).filter((name) => /\.[ch]$/.test(name)).sort();
  const contents = new Map<string, Uint8Array>();
  for (const name of names) contents.set(name, await readFile(path.join(sourceFolder, name)));
  const hash = createHash('sha256');
  for (const [name, content] of contents) hash.update(`${name}\0`).update(content);
  hash.update([...CC_OPTIONS, ...TCC_OPTIONS].join(' '));
  const folder = path.join(context.cacheRoot, 'agent');
  const program = path.join(folder, hash.digest('hex').slice(0, 20));
  if (await exists(program)) return readFile(program);

  await mkdir(folder, { recursive: true });
  context.report({ what: 'Compiling the guest agent', fraction: null, detail: '', remainingMs: null });
  // In a folder of its own: the compiler writes where it is told and nowhere safely.
  const scratch = await mkdtemp(path.join(tmpdir(), 'terrarium-agent-'));
  const unfinished = path.join(scratch, 'agent');
  const sources = names.filter((name) => name.endsWith('.c')).map((name) => path.join(sourceFolder, name));
  const files = ['-o', unfinished, ...sources];
  try {
    const withCc = await compileWithCc(files, context.signal);
    if (withCc !== null && otherCompiler === null) {
      const withTcc = await compileWithTcc(files, context);
      if (withTcc !== null)
        throw new FailureError(
          'internal',
          `The guest agent did not compile. The image was not built.\n${withCc}\n${withTcc}`,
        );
    }
    const bytes = withCc !== null && otherCompiler ? await otherCompiler(contents) : await readFile(unfinished);
    await publishFile(program, bytes);
    return bytes;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** @returns null when it was compiled, else what stood in the way */
async function compileWithCc(files: readonly string[], signal: AbortSignal): Promise<string | null> {
  if ((await findTool('cc')) === null) return 'There is no C compiler “cc”.';
  const outcome = await runTool('cc', [...CC_OPTIONS, ...files], { signal });
  return outcome.exitCode === 0 ? null : `cc: ${outcome.errorTail}`;
}

/** @returns null when it was compiled, else what stood in the way */
export async function compileWithTcc(files: readonly string[], context: WorkContext): Promise<string | null> {
  const architecture = DEBIAN_ARCHITECTURES[process.arch];
  if (architecture === undefined) {
    throw new FailureError(
      'missing-tool',
      `The guest agent is compiled for i386, and there is no C compiler for that here. Install gcc and try again.`,
    );
  }
  const [tcc] = await debianPackages(context, { architecture }).download(['tcc']);
  if (!tcc) throw new Error('apt gave fewer packages than asked for');
  const folder = path.join(context.cacheRoot, 'agent', `tcc-${tcc.version.replaceAll(/[^\w.+-]/g, '_')}`);
  await extractDeb(tcc.path, folder, context.signal);
  throwIfCancelled(context.signal);
  const outcome = await runTool(path.join(folder, 'usr', 'bin', 'i386-tcc'), [...TCC_OPTIONS, ...files], {
    signal: context.signal,
  });
  return outcome.exitCode === 0 ? null : `tcc: ${outcome.errorTail}`;
}
