import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import type { Library } from '../library/library.ts';
import { parseImageId } from '../shared/model/ids.ts';
import type { BlobRef, BuildPlan, BuildProgress, ImageManifest } from '../shared/model/image.ts';
import { parseMemoryMib, parseName } from '../shared/model/names.ts';
import { FailureError, unwrap } from '../shared/result.ts';
import { takeBaseSnapshot } from './base-snapshot.ts';
import type { BuildEnvironment, BuildRequest } from './build-request.ts';
import type { FsTree } from './fs-tree.ts';
import { resolveKernel } from './kernel/resolve.ts';
import type { Kernel } from './kernel/store.ts';
import { GUEST_INIT, layOverlay } from './overlay.ts';
import { debianPackages, packagesOf } from './packages/apt/debian-packages.ts';
import type { WorkContext, WorkProgress } from './packages/context.ts';
import { throwIfCancelled } from './packages/tool.ts';
import { parseInstalled } from './packages/apk/installed-db.ts';
import { checkDisk, planBuild } from './plan.ts';
import { layRecipe } from './recipe/lay-recipe.ts';
import { isRecipeFile, type Recipe } from './recipe/load-recipe.ts';
import { recipeSha256 } from './recipe/recipe-hash.ts';
import { debianChoiceOf, recipeOf } from './recipe-of.ts';
import { makeScratch } from './scratch.ts';
import { compileAgent, type OtherCompiler } from './programs/agent-compiler.ts';
import { ALPINE_COMPILER, compileInMachine } from './programs/compile-in-machine.ts';
import { ALPINE_PROGRAMS, alpinePrograms, debianPrograms, hasApt } from './programs/image-programs.ts';
import { AlpineRecipe, type AlpineOptions } from './recipes/alpine.ts';
import { checkDebianChoice, dpkgVersions, fetchNpm, makeDebianRootfs } from './recipes/debian.ts';
import { writeTinyRootfs } from './recipes/tiny.ts';
import { importRootfs } from './rootfs-tar.ts';

/** Steps and their shares of a first build, as measured; only the progress bar depends on them. */
const STEPS = [
  { name: 'Kernel', share: 0.3 },
  { name: 'Packages', share: 0.3 },
  { name: 'Files', share: 0.1 },
  { name: 'First boot', share: 0.3 },
] as const;

/** What {@link buildImage} reports as `stepCount`, for who has steps of their own before it. */
export const BUILD_STEP_COUNT = STEPS.length;

/** But for the first program. */
const COMMAND_LINE = [
  'rw root=host9p rootfstype=9p rootflags=trans=virtio,version=9p2000.L,cache=loose',
  'console=ttyS0',
  // The emulated time stamp counter is steady; v86 has no speculation to mitigate.
  'tsc=reliable mitigations=off random.trust_cpu=on',
  // Freed memory is zero, and zero pages cost nothing in a state: after Python, git and gzip Debian's had 27 MB instead of
  // 86, and commands took no longer.
  'init_on_free=1 quiet',
].join(' ');

/**
 * Builds an image from a recipe and adds it to the library, base snapshot included. Until the last
 * step nothing refers to what was made, so a failed build leaves no image; its downloads stay cached.
 * @throws FailureError with what to do about it
 */
export async function buildImage(request: BuildRequest, environment: BuildEnvironment): Promise<ImageManifest> {
  try {
    return await build(request, environment);
  } catch (cause) {
    await environment.library.abandonImage();
    // Streams and tools each have an error of their own for this.
    throwIfCancelled(environment.signal);
    throw cause;
  }
}

async function build(request: BuildRequest, environment: BuildEnvironment): Promise<ImageManifest> {
  const { library, signal } = environment;
  const recipe = await recipeOf(request, environment.resourcesFolder);
  const name = unwrap(parseName('image', request.name ?? recipe.name));
  const memoryMib = unwrap(parseMemoryMib(request.memoryMib ?? recipe.memoryMib));
  const plan = await planBuild(request, { ...environment, home: library.folder });
  checkDisk(plan);
  environment.onPlan?.(plan);
  const keep = (bytes: Uint8Array): Promise<BlobRef> => library.blobs.put(bytes);
  const step = progressReporter(environment.onProgress, plan);
  const contextOf = (index: number): WorkContext => ({
    cacheRoot: environment.cacheRoot,
    signal,
    report: (progress) => step(index, progress),
    warn: environment.warn,
  });

  const { base: root } = recipe;
  const debian = debianChoiceOf(recipe, request);
  if (debian) checkDebianChoice(debian);
  const wanted = [...recipe.packages, ...request.extraPackages];
  const alpine = root.kind === 'alpine' ? new AlpineRecipe(contextOf(1), wanted, alpineOptions(root, request)) : null;
  const kernelFiles = await resolveKernel(request.kernel ?? recipe.kernel, {
    ...contextOf(0),
    guestFolder: path.join(environment.resourcesFolder, 'guest'),
    ...(alpine === null ? {} : { distro: alpine.kernel }),
  });
  const alone = (await hasApt()) ? null : alpine;
  const scratch = await makeScratch();
  try {
    const programs = alone
      ? alpinePrograms(await alone.packages(ALPINE_PROGRAMS))
      : await debianPrograms(debianPackages(contextOf(1)), scratch.path, signal);

    let versions = programs.versions;
    let npmTarball: string | null = null;
    let tarball = root.kind === 'tarball' ? root.path : '';
    if (root.kind === 'tiny') {
      tarball = path.join(scratch.path, 'tiny.tar');
      await writeTinyRootfs(programs.busybox, tarball);
    } else if (alpine) {
      tarball = await alpine.makeRootfs(scratch.path);
    } else if (debian) {
      // Debian's own npm brings 400 packages along.
      if (wanted.includes('nodejs') && !wanted.includes('npm')) npmTarball = await fetchNpm(contextOf(1));
      const sources = await packagesOf(contextOf(1), debian.release, debian.sources);
      tarball = await makeDebianRootfs(contextOf(1), sources, debian);
    }

    const reportFiles = (entries: number, bytes: number): void =>
      step(2, {
        what: 'Storing files',
        fraction: null,
        detail: `${entries} files, ${Math.round(bytes / 1e6)} MB`,
        remainingMs: null,
      });
    const { tree, notes } = await importRootfs(tarball, library.blobs, reportFiles, signal);
    // What recipes' own tarballs hold is nobody's surprise.
    if (root.kind === 'tarball') for (const note of notes) environment.warn(note);
    if (!tree.has('bin/sh')) throw noShell();
    await alpine?.addPackages(tree, { keep, read: (blob) => readBlob(library, blob) });
    if (npmTarball !== null) await addNpm(tree, npmTarball, keep);
    const compiler: OtherCompiler | null =
      alone &&
      (async (sources) =>
        compileInMachine(sources, {
          library,
          parts: environment.parts,
          kernel: await kernelBytes(kernelFiles),
          programs,
          packages: await alone.packages([ALPINE_COMPILER]),
          commandLine: COMMAND_LINE,
          signal,
        }));
    const agentSources = path.join(environment.resourcesFolder, 'guest', 'agent');
    const agent = await compileAgent(agentSources, contextOf(1), compiler);
    const { busybox } = programs;
    await layOverlay(tree, environment.resourcesFolder, 'terrarium', { busybox, agent }, keep);
    await layRecipe(tree, recipe, keep);
    versions = { ...versions, ...(await installedVersions(tree, library)) };

    const files = tree.toFsJson();
    const fsJson = await keep(new TextEncoder().encode(files.text));
    const { bzImage, initrd } = await kernelBytes(kernelFiles);
    const draft = {
      name,
      recipe: recipe.name,
      kernel: {
        kind: kernelFiles.kind,
        release: kernelFiles.release,
        bzImage: await keep(bzImage),
        initrd: initrd === null ? null : await keep(initrd),
      },
      bios: await keep(programs.bios),
      vgaBios: await keep(programs.vgaBios),
      fsJson,
      fileCount: files.fileCount,
      fileBytes: files.fileBytes,
      packages: versions,
      commandLine: `${COMMAND_LINE} init=${GUEST_INIT}`,
      memoryMib,
      ...(recipe.network === null ? {} : { network: recipe.network }),
    } as const;
    const id = imageIdOf(draft);

    const base = await takeBaseSnapshot({
      library,
      parts: environment.parts,
      image: { id, ...draft },
      commands: recipe.commands,
      signal,
      report: (progress) => step(3, progress),
      warn: environment.warn,
    });
    const manifest: ImageManifest = {
      format: 1,
      id,
      ...draft,
      ...(isAsShipped(request) ? { recipeSha256: recipeSha256(recipe) } : {}),
      createdAt: library.timestamp(),
      v86Version: base.config.v86Version,
      base: base.id,
    };
    const { kernel, bios, vgaBios } = draft;
    const blobs = [...tree.blobs(), fsJson, kernel.bzImage, bios, vgaBios, ...(kernel.initrd ? [kernel.initrd] : [])];
    await library.addImage(manifest, blobs);
    return manifest;
  } finally {
    await scratch.remove();
  }
}

/** What a person asked for goes before what the recipe says. */
function alpineOptions(
  base: Recipe['base'] & { kind: 'alpine' },
  { alpine = {}, ...request }: BuildRequest,
): AlpineOptions {
  const release = request.release ?? base.release;
  return { ...alpine, mirror: alpine.mirror ?? base.mirror, ...(release === null ? {} : { release }) };
}

/** The same inputs give the same id: the recipe's name and a hash over everything a guest can see. */
function imageIdOf(
  draft: Pick<
    ImageManifest,
    'name' | 'recipe' | 'kernel' | 'bios' | 'vgaBios' | 'fsJson' | 'commandLine' | 'memoryMib'
  >,
): ImageManifest['id'] {
  const { name, recipe, kernel, bios, vgaBios, fsJson, commandLine, memoryMib } = draft;
  const hash = createHash('sha256').update(
    JSON.stringify([name, kernel, bios, vgaBios, fsJson, commandLine, memoryMib]),
  );
  return unwrap(parseImageId(`${recipe}-${hash.digest('hex').slice(0, 16)}`));
}

/** Whether building the recipe anew would give the image again: one with more in it would lose that. */
function isAsShipped({ recipe, extraPackages, release = null }: BuildRequest): boolean {
  const isShipped = recipe !== 'tarball' && !isRecipeFile(recipe);
  return isShipped && extraPackages.length === 0 && release === null;
}

function noShell(): FailureError {
  return new FailureError(
    'bad-input',
    'The tarball has no /bin/sh, so it is no root file system that anybody could log in to. The image was not built.',
  );
}

async function kernelBytes({ bzImage, initrd }: Kernel): Promise<{ bzImage: Uint8Array; initrd: Uint8Array | null }> {
  return { bzImage: await readFile(bzImage), initrd: initrd === null ? null : await readFile(initrd) };
}

async function installedVersions(tree: FsTree, library: Library): Promise<Record<string, string>> {
  const status = tree.blobAt('var/lib/dpkg/status');
  if (status) return dpkgVersions((await readBlob(library, status)).toString('utf8'));
  const installed = tree.blobAt('lib/apk/db/installed');
  return installed ? apkVersions((await readBlob(library, installed)).toString('utf8')) : {};
}

function apkVersions(installed: string): Record<string, string> {
  return Object.fromEntries(parseInstalled(installed).map(({ record: { name, version } }) => [name, version]));
}

async function readBlob(library: Library, blob: BlobRef): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const piece of (await library.blobs.open(blob.sha256)).pieces) chunks.push(piece);
  return Buffer.concat(chunks);
}

async function addNpm(tree: FsTree, tarball: string, keep: (bytes: Uint8Array) => Promise<BlobRef>): Promise<void> {
  const root = 'usr/lib/node_modules/npm';
  const archive = createReadStream(tarball).pipe(createGunzip()).pipe(extract());
  for await (const entry of archive) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry) chunks.push(chunk as Uint8Array);
    const { name, type, mode } = entry.header;
    // An npm package holds plain files below one folder called `package`.
    if (type !== 'file' || !name.startsWith('package/')) continue;
    const meta = { mode: mode & 0o777, uid: 0, gid: 0, mtimeS: 0 };
    tree.addFile(`${root}/${name.slice('package/'.length)}`, meta, await keep(Buffer.concat(chunks)));
  }
  const link = { mode: 0o777, uid: 0, gid: 0, mtimeS: 0 };
  tree.addSymlink('usr/bin/npm', link, '../lib/node_modules/npm/bin/npm-cli.js');
  tree.addSymlink('usr/bin/npx', link, '../lib/node_modules/npm/bin/npx-cli.js');
}

function progressReporter(
  onProgress: (progress: BuildProgress) => void,
  { downloadBytes, diskBytes }: BuildPlan,
): (index: number, progress: WorkProgress) => void {
  return (index, progress) => {
    const before = STEPS.slice(0, index).reduce((sum, step) => sum + step.share, 0);
    const share = STEPS[index]?.share ?? 0;
    onProgress({
      step: progress.what,
      stepIndex: index,
      stepCount: STEPS.length,
      fraction: before + share * (progress.fraction ?? 0),
      detail: progress.detail,
      remainingMs: progress.remainingMs,
      needs: { downloadBytes, diskBytes },
    });
  };
}
