import { FailureError } from '../../../shared/result.ts';
import { splitGzipMembers } from './gzip-members.ts';
import type { KeyRing, Signature } from './keys.ts';
import { parseIndex, type ApkRecord } from './record.ts';
import { tarEntries } from './tar-entries.ts';

/** Of the packed file and of its content; Alpine's largest index has some 10 MB unpacked. */
export const INDEX_MAX_BYTES = 64 * 1024 * 1024;
/** Alpine has one; a change of keys could bring a second. */
const SIGNATURES_MAX = 16;

/**
 * Reads a repository's APKINDEX.tar.gz: a gzip member with signatures, then one with the index, over whose packed bytes
 * the signatures are made. The second is only unpacked, within bounds, until a signature is found right.
 * @param what the index, for sentences
 * @throws FailureError `damaged` unless it is well formed and signed by a key of the ring
 */
export async function readIndexFile(bytes: Uint8Array, keys: KeyRing, what: string): Promise<ApkRecord[]> {
  if (bytes.byteLength > INDEX_MAX_BYTES) throw new FailureError('limit', `${what} is larger than 64 MiB.`);
  const [signaturePart, indexPart, ...more] = splitGzipMembers(bytes, {
    what,
    membersMax: 2,
    contentMaxBytes: INDEX_MAX_BYTES,
  });
  if (!signaturePart || !indexPart || more.length > 0)
    throw new FailureError('damaged', `${what} is damaged: it has no signature.`);
  keys.check(indexPart.packed, await readSignatures(signaturePart.content, what), what);
  for await (const { header, content } of tarEntries(indexPart.content, what)) {
    if (header.name === 'APKINDEX') return parseIndex(new TextDecoder().decode(content));
  }
  throw new FailureError('damaged', `${what} is damaged: there is no index in it.`);
}

async function readSignatures(tarball: Uint8Array, what: string): Promise<Signature[]> {
  const signatures: Signature[] = [];
  for await (const { header, content } of tarEntries(tarball, what)) {
    if (signatures.length >= SIGNATURES_MAX) break;
    signatures.push({ entryName: header.name, bytes: content });
  }
  return signatures;
}
