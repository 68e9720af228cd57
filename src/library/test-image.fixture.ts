import { parseImageId } from '../shared/model/ids.ts';
import type { BlobRef, ImageManifest } from '../shared/model/image.ts';
import { machineConfig, V86_VERSION } from '../shared/model/machine-config.ts';
import type { StateManifest } from '../shared/model/state.ts';
import { unwrap } from '../shared/result.ts';
import type { Library } from './library.ts';
import type { StateWriter } from './state-store.ts';

export const STATE_BYTES = Uint8Array.of(1, 2, 3);

/** An image of a few small files, as a build leaves it: none of it can run, all of it can be listed, checked and deleted. */
export async function addTestImage(
  library: Library,
  name: string,
  imageId: string,
  file = `file of ${imageId}`,
): Promise<ImageManifest> {
  const keep = (content: string): Promise<BlobRef> => library.blobs.put(new Uint8Array(Buffer.from(content)));
  const content = await keep(file);
  const fsroot = [['etc', 4096, 0, 0o40755, 0, 0, [['f', content.sizeBytes, 0, 0o100644, 0, 0, content.sha256]]]];
  const refs = {
    bios: await keep('bios'),
    vgaBios: await keep('vga bios'),
    fsJson: await keep(JSON.stringify({ fsroot, version: 3, size: 1 })),
    bzImage: await keep('kernel'),
  };
  const { bios, vgaBios, fsJson, bzImage } = refs;
  const id = unwrap(parseImageId(imageId));
  const base = await finishTestState(await library.saveBase(name, machineConfig({ id, fsJson, memoryMib: 64 })));
  const manifest: ImageManifest = {
    format: 1,
    id,
    name,
    recipe: 'tiny',
    createdAt: library.timestamp(),
    v86Version: V86_VERSION,
    kernel: { kind: 'tuned', release: '6.1', bzImage, initrd: null },
    bios,
    vgaBios,
    fsJson,
    fileCount: 1,
    fileBytes: content.sizeBytes,
    packages: {},
    commandLine: 'quiet',
    memoryMib: 64,
    base: base.id,
  };
  await library.addImage(manifest, [content, ...Object.values(refs)]);
  return manifest;
}

/** As the library's callers do: a write that fails ends the state. */
export async function finishTestState(writer: StateWriter): Promise<StateManifest> {
  try {
    await writer.write(STATE_BYTES);
  } catch (cause) {
    await writer.abort();
    throw cause;
  }
  return writer.commit();
}
