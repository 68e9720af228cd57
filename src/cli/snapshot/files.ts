import { createHash } from 'node:crypto';
import type { Library } from '../../library/library.ts';
import { savedFiles, type SavedContent, type SavedFile } from '../../machine/saved-files.ts';
import { decodeStateBytes } from '../../machine/state-decoder.ts';
import { FailureError } from '../../shared/result.ts';
import { defineCommand, withLibrary } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';
import { countText, sizeText } from '../terminal/units.ts';
import { writeTar, type TarMember } from './files-tar.ts';
import { findSnapshot } from './find-snapshot.ts';

/** A sentence with more of them says no more. */
const MISSING_SHOWN = 5;
/** Set-user-id bits of a guest are no good to whoever unpacks its files. */
const PERMISSIONS = 0o1777;
const KINDS = { directory: 'folder', file: 'file', symlink: 'symlink', other: null } as const;

/** `terrarium snapshot files NAME --out FILE.tar` */
export const snapshotFiles = defineCommand({
  words: 'snapshot files',
  operands: ['NAME'],
  options: {
    out: { kind: 'value', value: 'FILE', help: 'the tar to write; must be given' },
    all: { kind: 'flag', help: 'with the files of the image, too' },
    json: JSON_OPTION,
  },
  details: `
The files of a machine without running it: what it wrote, with its folders and links. It works for snapshots that this
Terrarium cannot start any more. What lies in memory only (/tmp, /proc) is not among it. A machine may have named its
files anything: unpack the tar in a folder of its own.`,
  run: (context, { operands: [nameOrId = ''], options }) =>
    withLibrary(context, async (library) => {
      const { output, signal } = context;
      const path = options.out;
      if (path === null) {
        throw new FailureError('bad-input', 'Say where to: terrarium snapshot files NAME --out FILE.tar');
      }
      const snapshot = await findSnapshot(library, nameOrId);
      const { content, tree } = await decodeStateBytes(library.states.read(snapshot));
      const rescue = new Rescue(library, options.all, signal);
      const { sizeBytes } = await writeTar(path, rescue.members(savedFiles(tree, content)));
      const { fileCount, missing } = rescue;
      output.json({ path, sizeBytes, fileCount, missing });
      output.line(`Wrote ${countText(fileCount, 'file')} of “${snapshot.name}” to ${path}: ${sizeText(sizeBytes)}.`);
      if (missing.length > 0) {
        const more = missing.length > MISSING_SHOWN ? ` and ${missing.length - MISSING_SHOWN} more` : '';
        output.complain(
          `The library does not have these files of the image any more: ${missing.slice(0, MISSING_SHOWN).join(', ')}${more}. All others were written.`,
        );
      }
      return missing.length > 0 ? 1 : 0;
    }),
});

class Rescue {
  /** Files of the image whose bytes are gone or damaged. */
  readonly missing: string[] = [];
  fileCount = 0;
  private readonly library: Library;
  private readonly withImage: boolean;
  private readonly signal: AbortSignal;

  constructor(library: Library, withImage: boolean, signal: AbortSignal) {
    this.library = library;
    this.withImage = withImage;
    this.signal = signal;
  }

  async *members(files: Iterable<SavedFile>): AsyncGenerator<TarMember, void, void> {
    // Files with several names come whole once.
    const written = new Set<string>();
    for (const file of files) {
      if (this.signal.aborted) throw new FailureError('cancelled', 'It was stopped. No file was written.');
      const { path, content, linkOf, modifiedAtS, ...rest } = file;
      const kind = KINDS[file.kind];
      // Devices and pipes are nothing without the machine, and a link to nowhere is nothing at all.
      if (kind === null || isUnsafe(path) || (kind === 'symlink' && rest.target === '')) continue;
      const mode = rest.mode & PERMISSIONS;
      const member = { ...rest, mode, path, kind, changedS: modifiedAtS, bytes: new Uint8Array(0) };
      if (content !== null && linkOf !== null) {
        if (written.has(linkOf)) yield { ...member, kind: 'link', target: linkOf };
        continue;
      }
      if (content === null) yield member;
      else {
        const bytes = await this.bytesOf(path, content);
        if (bytes === null) continue;
        this.fileCount += 1;
        written.add(path);
        yield { ...member, bytes };
      }
    }
  }

  /** @returns null for what is left out */
  private async bytesOf(path: string, content: SavedContent): Promise<Uint8Array | null> {
    if (content.kind === 'written') return content.bytes;
    if (!this.withImage) return null;
    try {
      const pieces: Uint8Array[] = [];
      for await (const piece of (await this.library.blobs.open(content.sha256)).pieces) pieces.push(piece);
      const bytes = Buffer.concat(pieces);
      if (createHash('sha256').update(bytes).digest('hex') === content.sha256) return bytes;
    } catch (cause) {
      if (!(cause instanceof FailureError)) throw cause;
    }
    this.missing.push(path);
    return null;
  }
}

/** No guest can make a file with such a name, but somebody who made the snapshot by hand can. */
function isUnsafe(path: string): boolean {
  return path.split('/').some((part) => part === '..' || part === '.' || part === '');
}
