import { once } from 'node:events';
import { open, type FileHandle } from 'node:fs/promises';
import { pack, type Pack } from 'tar-stream';
import { FailureError } from '../shared/result.ts';
import { FsTree } from './fs-tree.ts';
import { layLayers } from './layers/lay-layers.ts';
import { planLayers } from './layers/plan-layers.ts';
import { throwIfCancelled } from './packages/tool.ts';
import { FileSource } from './tar/byte-source.ts';
import { unreadable } from './tar/refusal.ts';
import { surveyTar } from './tar/survey.ts';
import { readTar } from './tar/tar-reader.ts';
import { TreeFiller, type ContentKeeper } from './tree-filler.ts';

export type { ContentKeeper };

/** All of a tarball is read, and disks like large reads. */
const WINDOW_BYTES = 1024 * 1024;

export interface RootfsImport {
  readonly tree: FsTree;
  /** Device nodes and pipes: v86's 9p format has none, and devtmpfs makes what a guest needs. */
  readonly skippedDevices: number;
  /** What a person should know of how the tarball was read, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Reads a root file system from an uncompressed tarball: the one way into an image. It may be a plain one, with the root at
 * its top or in one folder, or a container image with its layers. All headers are read before anything is kept.
 * @param keeper stores the files' content
 * @throws FailureError for entries that no root file system has (see FsTree) and for a broken archive
 */
export async function importRootfs(
  tarPath: string,
  keeper: ContentKeeper,
  onEntry: (entries: number, bytes: number) => void,
  signal: AbortSignal,
): Promise<RootfsImport> {
  let file: FileHandle | null = null;
  try {
    file = await open(tarPath, 'r');
    return await importFrom(file, keeper, onEntry, signal);
  } catch (cause) {
    throwIfCancelled(signal);
    if (cause instanceof FailureError) throw cause;
    throw isBug(cause) ? cause : unreadable(cause instanceof Error ? cause.message : String(cause), cause);
  } finally {
    await file?.close();
  }
}

async function importFrom(
  file: FileHandle,
  keeper: ContentKeeper,
  onEntry: (entries: number, bytes: number) => void,
  signal: AbortSignal,
): Promise<RootfsImport> {
  const { size: sizeBytes } = await file.stat();
  const survey = await surveyTar(file, sizeBytes, signal);
  const tree = new FsTree();
  const filler = new TreeFiller({ tree, keeper, onEntry, signal });
  const image = await planLayers(file, survey);
  const notes: string[] = [];
  if (image !== null) {
    await layLayers({ file, image, tree, filler, signal });
    const { length } = image.layers;
    const how = length === 1 ? 'its one layer was taken' : `its ${length} layers were laid over each other`;
    notes.push(`“${image.name}” is a container image: ${how}.`);
  } else {
    const rootFolder = survey.rootFolder();
    if (rootFolder !== '') notes.push(`The root file system is the folder “${rootFolder}” of the tarball.`);
    for await (const member of readTar(new FileSource(file, sizeBytes, WINDOW_BYTES)))
      await filler.add(member, rootFolder);
  }
  return { tree, skippedDevices: filler.skippedDevices, notes: [...notes, ...filler.notes()] };
}

/** Not a broken tarball, but a broken program: that is not to be blamed on the file. */
function isBug(cause: unknown): boolean {
  return cause instanceof TypeError || cause instanceof RangeError || cause instanceof ReferenceError;
}

/** Writes a small root file system as a tarball. Times are fixed, so equal input gives equal bytes. */
export class RootfsWriter {
  private readonly archive: Pack = pack();

  directory(name: string, mode = 0o755): void {
    this.archive.entry({ name, type: 'directory', mode, mtime: new Date(0) });
  }

  file(name: string, content: Uint8Array | string, mode = 0o644): void {
    this.archive.entry({ name, mode, mtime: new Date(0) }, Buffer.from(content));
  }

  symlink(name: string, target: string): void {
    this.archive.entry({ name, type: 'symlink', linkname: target, mtime: new Date(0) });
  }

  async finish(into: NodeJS.WritableStream): Promise<void> {
    this.archive.finalize();
    this.archive.pipe(into);
    await once(into, 'finish');
  }
}
