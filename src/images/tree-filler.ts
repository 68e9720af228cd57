import type { BlobRef } from '../shared/model/image.ts';
import type { FsTree } from './fs-tree.ts';
import { throwIfCancelled } from './packages/tool.ts';
import { refused, shownName, tooMuch } from './tar/refusal.ts';
import type { TarMember } from './tar/tar-reader.ts';

/** Where contents of files go: the library's blobs. */
export interface ContentKeeper {
  put(bytes: Uint8Array): Promise<BlobRef>;
  putPieces(pieces: AsyncIterable<Uint8Array>): Promise<BlobRef>;
}

export interface FillerParts {
  readonly tree: FsTree;
  readonly keeper: ContentKeeper;
  /** Entries and bytes so far. */
  readonly onEntry: (entries: number, bytes: number) => void;
  readonly signal: AbortSignal;
}

const GIB = 1024 ** 3;
/** The largest single file that a guest's file server could hand out sensibly. */
const FILE_MAX_BYTES = GIB;
/** More than runs in a machine of 2 GiB; holes count, because the library stores them. */
export const CONTENT_MAX_BYTES = 8 * GIB;
/** Names given more than once count each time; no distribution comes near. */
const MEMBERS_MAX = 2_000_000;
/** Small files are kept in one go; larger ones pass through, so that memory does not grow with them. */
const WHOLE_MAX_BYTES = 4 * 1024 * 1024;
const DEVICES_NAMED = 3;

/** Puts members of tarballs into a tree, and their contents where they are kept. */
export class TreeFiller {
  skippedDevices = 0;
  private readonly deviceNames: string[] = [];
  private withoutAttributes = 0;
  private members = 0;
  private contentBytes = 0;
  private readonly parts: FillerParts;

  constructor(parts: FillerParts) {
    this.parts = parts;
  }

  /** @param rootFolder what stands before each name; members beside that folder are left out */
  async add(member: TarMember, rootFolder = ''): Promise<void> {
    const { tree, onEntry, signal } = this.parts;
    throwIfCancelled(signal);
    this.members += 1;
    if (this.members > MEMBERS_MAX) throw tooMuch(`The tarball has more than ${MEMBERS_MAX} entries`);
    const name = below(rootFolder, member.name);
    if (name === null) return;
    if (member.hasAttributes) this.withoutAttributes += 1;
    switch (member.kind) {
      case 'directory':
        tree.addDirectory(name, member.meta);
        break;
      case 'symlink':
        tree.addSymlink(name, member.meta, member.linkName);
        break;
      case 'link': {
        const existing = below(rootFolder, member.linkName);
        if (existing === null) throw refused(name, 'it links to a file outside of the root file system');
        tree.addHardLink(name, existing);
        break;
      }
      case 'device':
        this.skippedDevices += 1;
        if (this.deviceNames.length < DEVICES_NAMED) this.deviceNames.push(shownName(name.replace(/^\.?\/+/, '')));
        break;
      case 'file':
        await this.addFile(name, member);
    }
    onEntry(this.members, this.contentBytes);
  }

  /** What was left out, in sentences. */
  notes(): string[] {
    const notes: string[] = [];
    if (this.skippedDevices > 0) {
      const names = this.deviceNames.join(', ') + (this.skippedDevices > DEVICES_NAMED ? ', …' : '');
      const what =
        this.skippedDevices === 1 ? '1 device node or pipe was' : `${this.skippedDevices} device nodes or pipes were`;
      notes.push(`${what} left out (${names}): the guest’s kernel makes those it needs in /dev.`);
    }
    if (this.withoutAttributes > 0) {
      const what = this.withoutAttributes === 1 ? '1 entry has' : `${this.withoutAttributes} entries have`;
      notes.push(
        `${what} extended attributes (such as file capabilities), which were left out: guests’ files have none.`,
      );
    }
    return notes;
  }

  private async addFile(name: string, member: TarMember): Promise<void> {
    const { tree, keeper } = this.parts;
    const { sizeBytes } = member;
    if (sizeBytes > FILE_MAX_BYTES)
      throw tooMuch(`“${shownName(name)}” in the tarball is larger than ${FILE_MAX_BYTES / GIB} GiB`);
    this.contentBytes += sizeBytes;
    if (this.contentBytes > CONTENT_MAX_BYTES)
      throw tooMuch(`The files in the tarball are larger than ${CONTENT_MAX_BYTES / GIB} GiB together`);
    // Before its content is stored: a name that is refused should cost nothing.
    tree.check(name);
    const blob =
      sizeBytes > WHOLE_MAX_BYTES
        ? await keeper.putPieces(this.watched(member))
        : await keeper.put(await whole(member));
    tree.addFile(name, member.meta, blob);
  }

  /** The content of a large file; a person need not wait for its end to stop it. */
  private async *watched(member: TarMember): AsyncGenerator<Buffer, void, void> {
    for await (const piece of member.content()) {
      throwIfCancelled(this.parts.signal);
      yield piece;
    }
  }
}

async function whole(member: TarMember): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(member.sizeBytes);
  let at = 0;
  for await (const piece of member.content()) at += piece.copy(bytes, at);
  return bytes;
}

/** A name as seen from inside the root folder; null when it lies beside that. */
function below(rootFolder: string, name: string): string | null {
  if (rootFolder === '') return name;
  const plain = name.replace(/^(\.?\/+)+/, '');
  if (plain === rootFolder) return '';
  return plain.startsWith(`${rootFolder}/`) ? plain.slice(rootFolder.length + 1) : null;
}
