import { readBytes, type ByteSource } from './byte-source.ts';
import { parsePaxRecords, type PaxRecord } from './pax-records.ts';
import { refused, unreadable } from './refusal.ts';
import { decimal, paxMap, type SparseMap } from './sparse-map.ts';
import { checkOwner, checkSize, clampTime, decodeName, padded, untilNul, type TarHeader } from './tar-header.ts';

/** Headers that speak of the member after them: pax (x, for all: g; X is Solaris's), GNU's long names (L) and targets (K). */
const EXTENSION_TYPES = new Set(['x', 'X', 'g', 'L', 'K']);
/** Extended attributes and lists of access rights are the longest; Linux bounds all of a file's together at 64 KiB. */
const PAX_MAX_BYTES = 1024 * 1024;
/** Twice the longest path. */
const LONG_NAME_MAX_BYTES = 8192;
/** Programs write two or three. Without a bound a tarball could go on without ever naming a file. */
const IN_A_ROW_MAX = 16;
/** What may be said of all members at once; a name or a size there would make them all one. */
const GLOBAL_KEYS = new Set(['uid', 'gid', 'mtime']);

export interface PendingExtensions {
  readonly records: readonly PaxRecord[];
  readonly longName: string | null;
  readonly longLink: string | null;
}

/** Collects what extension headers say until the member comes that they are about. */
export class Extensions {
  private global: readonly PaxRecord[] = [];
  private records: PaxRecord[] = [];
  private longName: string | null = null;
  private longLink: string | null = null;
  private inARow = 0;

  get isPending(): boolean {
    return this.records.length > 0 || this.longName !== null || this.longLink !== null;
  }

  /** @returns whether the header was one of these; its content is then taken from the source */
  async take(header: TarHeader, source: ByteSource): Promise<boolean> {
    const { type } = header;
    if (!EXTENSION_TYPES.has(type)) return false;
    this.inARow += 1;
    if (this.inARow > IN_A_ROW_MAX)
      throw unreadable(`more than ${IN_A_ROW_MAX} headers follow each other without any entry`);
    const isName = type === 'L' || type === 'K';
    const maxBytes = isName ? LONG_NAME_MAX_BYTES : PAX_MAX_BYTES;
    if (header.sizeBytes > maxBytes) {
      throw unreadable(
        isName ? `a name in it is longer than ${LONG_NAME_MAX_BYTES} bytes` : 'a pax header in it is larger than 1 MiB',
      );
    }
    const paddedBytes = padded(header.sizeBytes);
    const bytes = await readBytes(source, paddedBytes);
    if (bytes.byteLength < paddedBytes) throw unreadable('it is cut off in a header');
    const content = Buffer.from(bytes.subarray(0, header.sizeBytes));
    if (type === 'L') this.longName = decodeName(untilNul(content));
    else if (type === 'K') this.longLink = decodeName(untilNul(content));
    else if (type === 'g') this.takeGlobal(parsePaxRecords(content));
    else this.records.push(...parsePaxRecords(content));
    return true;
  }

  /** What was collected for the member that is there now. */
  release(): PendingExtensions {
    const { longName, longLink } = this;
    const records = [...this.global, ...this.records];
    this.records = [];
    this.longName = null;
    this.longLink = null;
    this.inARow = 0;
    return { records, longName, longLink };
  }

  private takeGlobal(records: readonly PaxRecord[]): void {
    const bad = records.find(([key]) => /^(path|linkpath|size|GNU\.sparse\..*)$/.test(key));
    if (bad) throw unreadable(`a pax header in it gives all entries one “${bad[0]}”`);
    const kept = new Map([...this.global, ...records.filter(([key]) => GLOBAL_KEYS.has(key))]);
    this.global = [...kept];
  }
}

export interface AppliedPax {
  readonly header: TarHeader;
  readonly records: { readonly sparse: SparseMap | null; readonly leadingMapSize: number | null };
  readonly hasAttributes: boolean;
}

/** The header with what its extensions say instead. */
export function applyPax(header: TarHeader, { records, longName, longLink }: PendingExtensions): AppliedPax {
  const said = new Map(records);
  const text = (key: string): string | null => {
    const value = said.get(key);
    // POSIX: an empty value takes back what was said.
    return value === undefined || value.byteLength === 0 ? null : decodeName(value);
  };
  const sparseName = text('GNU.sparse.name');
  const name = sparseName ?? text('path') ?? longName ?? header.name;
  const number = (key: string, fallback: number): number => {
    const value = text(key);
    if (value === null) return fallback;
    if (!/^-?\d{1,20}(\.\d*)?$/.test(value)) throw refused(name, `its ${key} in the pax header is no number`);
    return Number(value);
  };
  const sizeBytes = number('size', header.sizeBytes);
  checkSize(sizeBytes, name);
  const isLeading = text('GNU.sparse.major') === '1';
  return {
    header: {
      ...header,
      name,
      linkName: text('linkpath') ?? longLink ?? header.linkName,
      sizeBytes,
      uid: checkOwner(number('uid', header.uid), name),
      gid: checkOwner(number('gid', header.gid), name),
      mtimeS: clampTime(number('mtime', header.mtimeS)),
    },
    records: {
      sparse: isLeading ? null : paxMap(records, name),
      leadingMapSize: isLeading ? decimal(text('GNU.sparse.realsize') ?? '', name) : null,
    },
    hasAttributes: records.some(([key]) => /^(SCHILY|LIBARCHIVE)\.xattr\./.test(key)),
  };
}
