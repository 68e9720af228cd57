import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STATE_PIECE_BYTES } from '../../shared/bulk/resources.ts';
import { PAGE_BYTES } from '../../shared/bulk/state-plan.ts';
import { newStateId, type ImageId, type StateId } from '../../shared/model/ids.ts';
import type { BlobRef, ImageManifest } from '../../shared/model/image.ts';
import { machineConfig, V86_VERSION } from '../../shared/model/machine-config.ts';
import type { StateManifest } from '../../shared/model/state.ts';
import { BlobStore } from '../blob-store.ts';
import { ChangeQueue } from '../change-queue.ts';
import { Claims } from '../claims/claims.ts';
import { ImageStore } from '../image-store.ts';
import type { LibraryParts } from '../library-parts.ts';
import type { StateDraft, StateStore } from '../state-store.ts';
import { readState, stateDraft } from '../state-store.conformance.ts';
import { VmStore } from '../vm-store.ts';
import {
  BUNDLE_HEADER_BYTES,
  encodeBundleHeader,
  encodeSectionRow,
  headerHash,
  parseSectionRow,
  SECTION_ROW_BYTES,
  type SectionType,
} from './bundle-format.ts';
import { loadZstd } from '../zstd.ts';

/** A library in a folder of its own, but for where its states are. */
export class TestLibrary {
  readonly parts: LibraryParts;
  readonly folder: string;
  private readonly claims: Claims;

  private constructor(folder: string, states: StateStore) {
    this.folder = folder;
    this.claims = new Claims(join(folder, 'claims'), 'program');
    const changes = new ChangeQueue();
    this.parts = {
      blobs: new BlobStore(join(folder, 'blobs')),
      images: new ImageStore(join(folder, 'images')),
      vms: new VmStore(join(folder, 'vms')),
      states,
      claims: this.claims,
      change: (change) => changes.run(() => this.claims.exclusively(change)),
      newStateId: () => newStateId((count) => randomBytes(count)),
      timestamp: () => new Date().toISOString(),
    };
  }

  static async open(states: (folder: string) => StateStore): Promise<TestLibrary> {
    const folder = await mkdtemp(join(tmpdir(), 'terrarium-bundle-'));
    return new TestLibrary(folder, states(folder));
  }

  /** The same library as another process would have it. */
  static again({ folder, parts }: TestLibrary): TestLibrary {
    return new TestLibrary(folder, parts.states);
  }

  async close(): Promise<void> {
    await this.claims.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  async addImage(id: string, files: readonly string[], base: Uint8Array): Promise<ImageManifest> {
    const { blobs, images } = this.parts;
    const keep = (content: string): Promise<BlobRef> => blobs.put(new Uint8Array(Buffer.from(content)));
    const refs: BlobRef[] = [];
    for (const file of files) refs.push(await keep(file));
    const nodes = refs.map(({ sha256, sizeBytes }, index) => [`f${index}`, sizeBytes, 0, 0o100644, 0, 0, sha256]);
    const fsJson = await keep(
      JSON.stringify({ fsroot: [['etc', 4096, 0, 0o40755, 0, 0, nodes]], version: 3, size: 1 }),
    );
    const config = machineConfig({ id: id as ImageId, fsJson, memoryMib: 64 });
    const saved = await this.save(base, { id: `st-base-${id}` as StateId, kind: 'base', name: id, vmName: '', config });
    const manifest: ImageManifest = {
      format: 1,
      id: id as ImageId,
      name: `image ${id}`,
      recipe: 'tiny',
      createdAt: '2026-01-01T00:00:00.000Z',
      v86Version: V86_VERSION,
      kernel: { kind: 'tuned', release: '6.1', bzImage: await keep('kernel'), initrd: null },
      bios: await keep('bios'),
      vgaBios: await keep('vga bios'),
      fsJson,
      fileCount: files.length,
      fileBytes: files.join('').length,
      packages: { busybox: '1' },
      commandLine: 'quiet',
      memoryMib: 64,
      base: saved.id,
    };
    await images.put(manifest);
    return manifest;
  }

  async save(bytes: Uint8Array, change: Partial<StateDraft>): Promise<StateManifest> {
    const writer = await this.parts.states.create(stateDraft(change.id ?? this.parts.newStateId(), change));
    for (let at = 0; at < bytes.byteLength; at += STATE_PIECE_BYTES) {
      await writer.write(bytes.slice(at, at + STATE_PIECE_BYTES));
    }
    return writer.commit();
  }

  async bytesOf(id: StateId): Promise<Buffer> {
    const { states } = this.parts;
    return readState(states, await states.get(id));
  }

  /** All that is in it, to tell whether something changed. */
  async inventory(): Promise<unknown> {
    const { states, damaged } = await this.parts.states.list();
    const { manifests } = await this.parts.images.list();
    const blobs = await readdir(join(this.folder, 'blobs'), { recursive: true }).catch(() => []);
    return { states, damaged, manifests, blobs: blobs.sort() };
  }
}

/** Pages by their content: equal numbers are equal pages, 0 is a page of zeros. */
export function pagesOf(contents: readonly number[], lastBytes = PAGE_BYTES): Uint8Array {
  const bytes = new Uint8Array(contents.length * PAGE_BYTES);
  for (const [index, content] of contents.entries()) {
    if (content === 0) continue;
    const page = bytes.subarray(index * PAGE_BYTES, (index + 1) * PAGE_BYTES);
    // Half of it does not compress.
    for (let at = 0; at < PAGE_BYTES / 2; at += 32) {
      page.set(createHash('sha256').update(`${content} ${at}`).digest(), at);
    }
  }
  return bytes.subarray(0, Math.max(0, bytes.byteLength - PAGE_BYTES + lastBytes));
}

export interface TestSection {
  type: string;
  payload: Uint8Array;
  /** Of the row in the file. */
  offset: number;
  storedBytes: number;
}

/** A bundle taken apart, without checking anything. */
export async function sectionsOf(bundle: Uint8Array): Promise<TestSection[]> {
  const zstd = await loadZstd();
  const sections: TestSection[] = [];
  for (let offset = BUNDLE_HEADER_BYTES; offset < bundle.byteLength;) {
    const row = parseSectionRow(bundle.subarray(offset, offset + SECTION_ROW_BYTES));
    const stored = bundle.subarray(offset + SECTION_ROW_BYTES, offset + SECTION_ROW_BYTES + row.storedBytes);
    const payload = row.codec === 'zstd' ? zstd.decompress(stored, row.rawBytes) : stored;
    sections.push({ type: row.type, payload, offset, storedBytes: row.storedBytes });
    offset += SECTION_ROW_BYTES + row.storedBytes;
  }
  return sections;
}

/** A bundle of these sections with all hashes right, as somebody who means harm would make it. */
export function bundleOf(sections: readonly Pick<TestSection, 'type' | 'payload'>[]): Buffer {
  const header = encodeBundleHeader();
  const parts: Uint8Array[] = [header];
  let chain = headerHash(header);
  for (const { type, payload } of sections) {
    const row = encodeSectionRow(type as SectionType, 'stored', payload, payload.byteLength, chain);
    chain = row.subarray(16);
    parts.push(row, payload);
  }
  return Buffer.concat(parts);
}

/** Changes the JSON of the n-th section of a type. */
export function withJson(
  sections: readonly TestSection[],
  type: SectionType,
  index: number,
  change: (value: Record<string, unknown>) => void,
): TestSection[] {
  const target = sections.filter((section) => section.type === type)[index];
  return sections.map((section) => {
    if (section !== target) return section;
    const value = JSON.parse(Buffer.from(section.payload).toString('utf8')) as Record<string, unknown>;
    change(value);
    return { ...section, payload: Buffer.from(JSON.stringify(value)) };
  });
}
