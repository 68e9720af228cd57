import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Library } from '../src/library/library.ts';
import type { StateWriter } from '../src/library/state-store.ts';
import { parseImageId, type ImageId } from '../src/shared/model/ids.ts';
import type { BlobRef, ImageManifest } from '../src/shared/model/image.ts';
import { machineConfig, V86_VERSION } from '../src/shared/model/machine-config.ts';
import type { StateManifest } from '../src/shared/model/state.ts';
import type { VmRecord } from '../src/shared/model/vm.ts';
import { unwrap } from '../src/shared/result.ts';

export const STATE_BYTES = Uint8Array.of(1, 2, 3);

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

  /** An image of a few small files, as a build leaves it. */
  async addImage(name: string, file = `file of ${name}`): Promise<ImageManifest> {
    const { library } = this;
    const keep = (content: string): Promise<BlobRef> => library.blobs.put(new Uint8Array(Buffer.from(content)));
    const content = await keep(file);
    const fsroot = [['etc', 4096, 0, 0o40755, 0, 0, [['f', content.sizeBytes, 0, 0o100644, 0, 0, content.sha256]]]];
    const refs = {
      bios: await keep('bios'),
      vgaBios: await keep('vga bios'),
      fsJson: await keep(JSON.stringify({ fsroot, version: 3, size: 1 })),
      bzImage: await keep('kernel'),
    };
    const id = unwrap(parseImageId(`${name}-1`));
    const writer = await library.saveBase(name, machineConfig({ id, fsJson: refs.fsJson, memoryMib: 64 }));
    await writer.write(STATE_BYTES);
    const base = await writer.commit();
    const manifest: ImageManifest = {
      format: 1,
      id,
      name,
      recipe: 'tiny',
      createdAt: library.timestamp(),
      v86Version: V86_VERSION,
      kernel: { kind: 'tuned', release: '6.1', bzImage: refs.bzImage, initrd: null },
      bios: refs.bios,
      vgaBios: refs.vgaBios,
      fsJson: refs.fsJson,
      fileCount: 1,
      fileBytes: 5,
      packages: {},
      commandLine: 'quiet',
      memoryMib: 64,
      base: base.id,
    };
    await library.addImage(manifest, [content, ...Object.values(refs)]);
    return manifest;
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
    return finish(writer);
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
    return finish(writer);
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

  stateFile({ id }: Pick<StateManifest, 'id'>, name: 'manifest.json' | 'state.bin'): string {
    return path.join(this.home, 'states', id, name);
  }

  blobFile({ sha256 }: Pick<BlobRef, 'sha256'>): string {
    return path.join(this.home, 'blobs', sha256.slice(0, 2), sha256);
  }

  private dependencies(): { now: () => number; randomBytes: (count: number) => Uint8Array } {
    return { now: () => (this.clockMs += 1000), randomBytes: (count) => randomBytes(count) };
  }
}

/** As the library's callers do: a write that fails ends the state. */
async function finish(writer: StateWriter): Promise<StateManifest> {
  try {
    await writer.write(STATE_BYTES);
  } catch (cause) {
    await writer.abort();
    throw cause;
  }
  return writer.commit();
}

/** Changes a sealed record so that its checksum does not match. */
export async function damageRecord(file: string): Promise<void> {
  const content = await readFile(file, 'utf8');
  await writeFile(file, content.replace('"value":{', '"value":{ '));
}
