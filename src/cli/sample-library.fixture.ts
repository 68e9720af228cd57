import { randomBytes } from 'node:crypto';
import { Library } from '../library/library.ts';
import { addTestImage, finishTestState } from '../library/test-image.fixture.ts';
import type { StateId } from '../shared/model/ids.ts';
import type { ImageManifest } from '../shared/model/image.ts';
import { machineConfig } from '../shared/model/machine-config.ts';
import type { StateManifest } from '../shared/model/state.ts';
import type { VmRecord } from '../shared/model/vm.ts';

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
    return new SampleLibrary(library, await addTestImage(library, 'tiny', 'tiny-1'));
  }

  addImage(name: string, id: string): Promise<ImageManifest> {
    return addTestImage(this.library, name, id);
  }

  addVm(name: string): Promise<VmRecord> {
    return this.library.createVm({ name, imageId: this.image.id, memoryMib: 64 });
  }

  async save(
    vm: VmRecord,
    kind: 'head' | 'snapshot',
    name: string,
    parent: StateId | null = null,
  ): Promise<StateManifest> {
    const config = machineConfig(this.image);
    const writer = await this.library.saveState({ vmId: vm.id, kind, content: 'full', name, config, parent });
    return finishTestState(writer);
  }
}
