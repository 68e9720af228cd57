import { randomBytes } from 'node:crypto';
import { Library } from '../library/library.ts';
import type { ImageId } from '../shared/model/ids.ts';
import type { BlobRef, ImageManifest } from '../shared/model/image.ts';
import { machineConfig, V86_VERSION } from '../shared/model/machine-config.ts';
import type { StateManifest } from '../shared/model/state.ts';
import type { VmRecord } from '../shared/model/vm.ts';

const STATE_BYTES = Uint8Array.of(1, 2, 3);

/** A library with an image of a few bytes: nothing in it can run, all of it can be listed, checked and deleted. */
export class SampleLibrary {
  readonly library: Library;
  readonly image: ImageManifest;

  private constructor(library: Library, image: ImageManifest) {
    this.library = library;
    this.image = image;
  }

  static async open(home: string): Promise<SampleLibrary> {
    const library = await Library.join(home, { now: Date.now, randomBytes: (count) => randomBytes(count) });
    return new SampleLibrary(library, await addImage(library, 'tiny', 'tiny-1'));
  }

  addImage(name: string, id: string): Promise<ImageManifest> {
    return addImage(this.library, name, id);
  }

  addVm(name: string): Promise<VmRecord> {
    return this.library.createVm({ name, imageId: this.image.id, memoryMib: 64 });
  }

  async save(vm: VmRecord, kind: 'head' | 'snapshot', name: string): Promise<StateManifest> {
    const config = machineConfig(this.image);
    const writer = await this.library.saveState({ vmId: vm.id, kind, content: 'full', name, config, parent: null });
    await writer.write(STATE_BYTES);
    return writer.commit();
  }
}

async function addImage(library: Library, name: string, imageId: string): Promise<ImageManifest> {
  const keep = (content: string): Promise<BlobRef> => library.blobs.put(new Uint8Array(Buffer.from(content)));
  const content = await keep(`file of ${imageId}`);
  const fsroot = [['f', content.sizeBytes, 0, 0o100644, 0, 0, content.sha256]];
  const refs = {
    bios: await keep('bios'),
    vgaBios: await keep('vga bios'),
    fsJson: await keep(JSON.stringify({ fsroot, version: 3, size: 1 })),
    bzImage: await keep('kernel'),
  };
  const id = imageId as ImageId;
  const writer = await library.saveBase(name, machineConfig({ id, fsJson: refs.fsJson, memoryMib: 64 }));
  await writer.write(STATE_BYTES);
  const base = await writer.commit();
  const { bios, vgaBios, fsJson, bzImage } = refs;
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
