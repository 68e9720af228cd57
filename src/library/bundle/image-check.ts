import type { BlobRef, ImageManifest } from '../../shared/model/image.ts';
import { parseMemoryMib, parseName } from '../../shared/model/names.ts';
import type { BundleHead } from './bundle-documents.ts';
import { FILE_LIST_MAX_BYTES } from './bundle-format.ts';

/** A recipe, a release, a time: each a few words. */
const WORDS_MAX = 256;
/** What the kernel itself takes of it (COMMAND_LINE_SIZE on x86). */
const COMMAND_LINE_MAX = 2048;
/** A distribution has some 60,000. */
const PACKAGES_MAX = 100_000;

/** @returns what an image's manifest from somebody else has that ours never have, or null */
export function imageFault(image: ImageManifest, listed: BundleHead['images'][number]): string | null {
  const { id, name, fsJson, memoryMib, recipe, createdAt, v86Version, kernel, commandLine, packages } = image;
  if (id !== listed.id || name !== listed.name || fsJson.sha256 !== listed.fsSha256) {
    return 'it is not the one that was announced';
  }
  if (!parseName('image', name).ok) return 'its name';
  if (!parseMemoryMib(memoryMib).ok) return 'its memory size';
  if (fsJson.sizeBytes > FILE_LIST_MAX_BYTES) return 'its list of files is too long';
  if ([recipe, createdAt, v86Version, kernel.release].some((text) => text.length > WORDS_MAX))
    return 'a text is too long';
  if (commandLine.length > COMMAND_LINE_MAX) return 'its command line is too long';
  if (Object.keys(packages).length > PACKAGES_MAX) return 'it has too many packages';
  return null;
}

/** The files an image has beside those in its file system. */
export function ownFiles({ kernel, bios, vgaBios, fsJson }: ImageManifest): readonly BlobRef[] {
  return [kernel.bzImage, bios, vgaBios, fsJson, ...(kernel.initrd === null ? [] : [kernel.initrd])];
}
