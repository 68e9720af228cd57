import type { FileHandle } from 'node:fs/promises';
import { throwIfCancelled } from '../packages/tool.ts';
import { FileSource } from './byte-source.ts';
import { readTar, type TarMember } from './tar-reader.ts';

/** Most of a tarball is skipped by a survey. */
const WINDOW_BYTES = 64 * 1024;
/** A container image has a few files per layer, and at most 128 layers. */
const FILES_REMEMBERED_MAX = 4096;
/** What container images call their files: documents at the top, and folders of blobs or of layers. */
const DOCUMENT_OR_LAYER =
  /^(manifest\.json|index\.json|oci-layout|[0-9a-f]{64}\.json|blobs\/\w+\/[0-9a-f]+|[^/]+\/layer\.tar)$/;
/** A root file system has one of these at its top. */
const ROOT_NAMES = ['bin', 'usr', 'etc', 'sbin'];
/** What LXD puts beside the folder. */
const BESIDE_ROOTFS = new Set(['metadata.yaml', 'templates']);

/** Where a file's content is in a tarball. */
export interface FilePlace {
  readonly at: number;
  readonly sizeBytes: number;
}

/** What a tarball has, from its headers alone. Their reading has shown that it is whole. */
export class TarSurvey {
  /** First names of paths, each with the second names that show a root file system. */
  private readonly top = new Map<string, Set<string>>();
  private readonly files = new Map<string, FilePlace | { readonly sameAs: string }>();

  take(member: TarMember): void {
    const parts = member.name.split('/').filter((part) => part !== '' && part !== '.');
    const [first, second] = parts;
    if (first === undefined) return;
    if (this.top.size < FILES_REMEMBERED_MAX && !this.top.has(first)) this.top.set(first, new Set());
    if (second !== undefined && ROOT_NAMES.includes(second)) this.top.get(first)?.add(second);
    const name = parts.join('/');
    if (!DOCUMENT_OR_LAYER.test(name) || this.files.size >= FILES_REMEMBERED_MAX) return;
    if (member.kind === 'file' && member.contentAt !== null) {
      this.files.set(name, { at: member.contentAt, sizeBytes: member.sizeBytes });
    } else if (member.kind === 'symlink') {
      // Old versions of docker save name a layer that occurs twice this way: ../ID/layer.tar
      this.files.set(name, { sameAs: member.linkName.replace(/^\.\.\//, '') });
    }
  }

  get hasRootAtTop(): boolean {
    return ROOT_NAMES.some((name) => this.top.has(name));
  }

  /** A document or a layer of a container image. */
  file(name: string): FilePlace | null {
    const found = this.files.get(name.replace(/^\.\//, ''));
    if (found === undefined || 'at' in found) return found ?? null;
    const other = this.files.get(found.sameAs);
    return other !== undefined && 'at' in other ? other : null;
  }

  /** The one folder that holds the root file system (LXC’s `rootfs`, or what debootstrap filled); empty when it is the top. */
  rootFolder(): string {
    if (this.hasRootAtTop) return '';
    const folders = [...this.top].filter(([name]) => !BESIDE_ROOTFS.has(name));
    const [only] = folders;
    return folders.length === 1 && only !== undefined && only[1].size > 0 ? only[0] : '';
  }
}

/** @throws FailureError for a tarball that is broken or cut off */
export async function surveyTar(file: FileHandle, sizeBytes: number, signal: AbortSignal): Promise<TarSurvey> {
  const survey = new TarSurvey();
  for await (const member of readTar(new FileSource(file, sizeBytes, WINDOW_BYTES))) {
    throwIfCancelled(signal);
    survey.take(member);
  }
  return survey;
}
