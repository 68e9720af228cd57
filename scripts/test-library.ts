import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { addTestImage, finishTestState } from '../src/library/test-image.fixture.ts';
import { Library, type LibraryDependencies } from '../src/library/library.ts';
import type { ImageId } from '../src/shared/model/ids.ts';
import type { BlobRef, ImageManifest } from '../src/shared/model/image.ts';
import { machineConfig } from '../src/shared/model/machine-config.ts';
import type { StateManifest } from '../src/shared/model/state.ts';
import type { VmRecord } from '../src/shared/model/vm.ts';

/** A library in a folder of its own, with an image that has files but could not run: for tests of the library. */
export class TestLibrary {
  readonly home: string;
  library: Library;
  private clockMs = Date.UTC(2026, 0, 1);

  private constructor(home: string) {
    this.home = home;
    // Replaced before anyone gets this object.
    this.library = null as unknown as Library;
  }

  /** @param home a folder of its own unless given */
  static async create(home?: string): Promise<TestLibrary> {
    const made = new TestLibrary(home ?? (await mkdtemp(path.join(tmpdir(), 'terrarium-library-'))));
    await made.reopen();
    return made;
  }

  /** As the app does when it starts. @returns what was found damaged */
  async reopen(): Promise<readonly string[]> {
    const { library, report } = await Library.open(this.home, this.dependencies());
    this.library = library;
    return report.problems;
  }

  /** As a second process does, which finds leftovers where they are. */
  async reopenWithoutTidying(): Promise<void> {
    this.library = await this.join();
  }

  /** As a command does that runs beside. */
  join(): Promise<Library> {
    return Library.join(this.home, { ...this.dependencies(), program: 'command' });
  }

  async dispose(): Promise<void> {
    await this.library.close();
    await rm(this.home, { recursive: true });
  }

  /** Time goes by. */
  waitMs(durationMs: number): void {
    this.clockMs += durationMs;
  }

  addImage(name: string, file = `file of ${name}`): Promise<ImageManifest> {
    return addTestImage(this.library, name, `${name}-1`, file);
  }

  newVm(image: Pick<ImageManifest, 'id'>, name = 'one'): Promise<VmRecord> {
    return this.library.createVm({ name, imageId: image.id, memoryMib: 64 });
  }

  async save(
    image: Pick<ImageManifest, 'id' | 'fsJson' | 'memoryMib'>,
    vm: VmRecord,
    kind: 'head' | 'snapshot',
    name = 'a',
  ): Promise<StateManifest> {
    const config = machineConfig(image);
    const writer = await this.library.saveState({ vmId: vm.id, kind, content: 'full', name, config, parent: null });
    return finishTestState(writer);
  }

  /** A snapshot of a machine that is no VM, as the command takes one. */
  async saveSnapshot(
    image: Pick<ImageManifest, 'id' | 'fsJson' | 'memoryMib' | 'name'>,
    name: string,
    library = this.library,
  ): Promise<StateManifest> {
    const writer = await library.saveState({
      vmId: null,
      vmName: image.name,
      kind: 'snapshot',
      content: 'full',
      name,
      config: machineConfig(image),
      parent: null,
    });
    return finishTestState(writer);
  }

  async stateIds(): Promise<string[]> {
    return (await this.library.states.list()).states.map(({ id }) => id);
  }

  vmFile(vm: Pick<VmRecord, 'id'>): string {
    return path.join(this.home, 'vms', `${vm.id}.json`);
  }

  imageFile(id: ImageId): string {
    return path.join(this.home, 'images', `${id}.json`);
  }

  stateFile({ id }: Pick<StateManifest, 'id'>, name: 'manifest.json' | 'pages.map'): string {
    return path.join(this.home, 'states', id, name);
  }

  blobFile({ sha256 }: Pick<BlobRef, 'sha256'>): string {
    return path.join(this.home, 'blobs', sha256.slice(0, 2), sha256);
  }

  private dependencies(): LibraryDependencies {
    return {
      now: () => (this.clockMs += 1000),
      randomBytes: (count) => randomBytes(count),
      // What is on the disk of these tests is not their affair, and some fill a small one to the brim.
      freeBytes: () => Promise.resolve(Number.POSITIVE_INFINITY),
    };
  }
}

/** Changes a sealed record so that its checksum does not match. */
export async function damageRecord(file: string): Promise<void> {
  const content = await readFile(file, 'utf8');
  await writeFile(file, content.replace('"value":{', '"value":{ '));
}
