import { webcrypto } from 'node:crypto';
import type { ImageId } from '../shared/model/ids.ts';
import type { BlobRef, ImageManifest } from '../shared/model/image.ts';
import { FailureError } from '../shared/result.ts';
import type { BlobStore } from './blob-store.ts';
import { blobsOfTree } from './image-tree.ts';
import { RecordFolder } from './record-folder.ts';
import { parseImageManifest } from './schemas.ts';

/** The manifests of built images, newest first. */
export class ImageStore {
  private readonly folder: RecordFolder<ImageManifest>;

  constructor(folder: string) {
    this.folder = new RecordFolder(folder, 'image', parseImageManifest);
  }

  async list(): Promise<{ manifests: readonly ImageManifest[]; problems: readonly string[] }> {
    const { records, problems } = await this.folder.list();
    records.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
    return { manifests: records, problems };
  }

  get(id: ImageId): Promise<ImageManifest> {
    return this.folder.get(id);
  }

  /** The newest image with that id or name. @throws FailureError `not-found` with what there is */
  async find(nameOrId: string): Promise<ImageManifest> {
    const { manifests } = await this.list();
    const found =
      manifests.find((image) => image.id === nameOrId) ?? manifests.find((image) => image.name === nameOrId);
    if (found) return found;
    const known = [...new Set(manifests.map((image) => image.name))].join(', ');
    throw new FailureError(
      'not-found',
      `There is no image called “${nameOrId.slice(0, 80)}”. ${known === '' ? 'None has been built yet' : `Built images: ${known}`}. Build one with “terrarium image build tiny”.`,
    );
  }

  async put(manifest: ImageManifest): Promise<void> {
    await this.folder.put(manifest);
  }

  remove(id: ImageId): Promise<void> {
    return this.folder.remove(id);
  }

  removeUnfinished(): Promise<void> {
    return this.folder.removeUnfinished();
  }

  /** SHA-256 of every blob that an image needs, or null when that cannot be known. */
  async neededBlobs(blobs: BlobStore): Promise<ReadonlySet<string> | null> {
    const { manifests, problems } = await this.list();
    // An image that cannot be read now may be repaired later: its files are not garbage.
    if (problems.length > 0) return null;
    const needed = new Set<string>();
    try {
      for (const image of manifests) for (const sha256 of await this.blobsOf(image, blobs)) needed.add(sha256);
      return needed;
    } catch (cause) {
      if (cause instanceof FailureError) return null;
      throw cause;
    }
  }

  /** SHA-256 of every blob an image needs. @throws FailureError `not-found`, `damaged` for its list of files */
  async blobsOf(image: ImageManifest, blobs: BlobStore): Promise<readonly string[]> {
    return (await this.refsOf(image, blobs)).map(({ sha256 }) => sha256);
  }

  /** As {@link blobsOf}, with sizes. */
  async refsOf(image: ImageManifest, blobs: BlobStore): Promise<readonly BlobRef[]> {
    const own = [image.kernel.bzImage, image.kernel.initrd, image.bios, image.vgaBios, image.fsJson];
    const refs = own.filter((ref): ref is BlobRef => ref !== null);
    const chunks: Uint8Array[] = [];
    for await (const piece of (await blobs.open(image.fsJson.sha256)).pieces) chunks.push(piece);
    const fsJson = Buffer.concat(chunks);
    const sha256 = Buffer.from(await webcrypto.subtle.digest('SHA-256', fsJson)).toString('hex');
    if (sha256 !== image.fsJson.sha256) {
      throw new FailureError(
        'damaged',
        `The list of files of the image “${image.name}” is damaged. Rebuild the image.`,
      );
    }
    for (const file of blobsOfTree(fsJson)) refs.push(file);
    return refs;
  }
}
