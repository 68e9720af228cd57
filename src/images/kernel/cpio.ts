/**
 * A writer of the "newc" cpio archive, the form the Linux kernel unpacks as its initramfs
 * (Documentation/driver-api/early-userspace/buffer-format.rst in the kernel's source).
 */

export type CpioEntry = CpioFolder | CpioFile | CpioSymlink | CpioDevice;

interface CpioCommon {
  /** Path without a leading slash, its folders listed before it. */
  readonly path: string;
  /** Permission bits, 0..0o7777. */
  readonly permissions: number;
}

export interface CpioFolder extends CpioCommon {
  readonly kind: 'folder';
}

export interface CpioFile extends CpioCommon {
  readonly kind: 'file';
  readonly content: Uint8Array;
}

export interface CpioSymlink extends CpioCommon {
  readonly kind: 'symlink';
  readonly target: string;
}

/** A character device node. */
export interface CpioDevice extends CpioCommon {
  readonly kind: 'device';
  readonly major: number;
  readonly minor: number;
}

const MAGIC = '070701';
const HEADER_BYTES = 110;
const TRAILER = 'TRAILER!!!';
/** File type bits of `st_mode`, see inode(7). */
const TYPE_BITS = { folder: 0o040000, file: 0o100000, symlink: 0o120000, device: 0o020000 } as const;
/** Archives end on the block size cpio itself uses; v86 wants a multiple of four. */
const BLOCK_BYTES = 512;

/**
 * The archive of these entries, in this order. Everything belongs to root and has no time.
 *
 * @throws RangeError when a path or a number does not fit the format
 */
export function writeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  const append = (piece: Uint8Array, alignment: number): void => {
    const padding = (alignment - ((sizeBytes + piece.length) % alignment)) % alignment;
    pieces.push(piece, new Uint8Array(padding));
    sizeBytes += piece.length + padding;
  };
  entries.forEach((entry, index) => {
    const content = contentOf(entry);
    append(header(entry, index + 1, content.length), 4);
    append(content, 4);
  });
  append(header({ kind: 'file', path: TRAILER, permissions: 0, content: new Uint8Array(0) }, 0, 0), BLOCK_BYTES);
  const archive = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const piece of pieces) {
    archive.set(piece, offset);
    offset += piece.length;
  }
  return archive;
}

function header(entry: CpioEntry, inode: number, contentBytes: number): Uint8Array {
  const { path } = entry;
  if (path === '' || path.startsWith('/') || path.includes('\0')) {
    throw new RangeError(`"${path}" cannot be a path in a cpio archive`);
  }
  const device = entry.kind === 'device' ? entry : { major: 0, minor: 0 };
  const name = new TextEncoder().encode(`${path}\0`);
  const isTrailer = inode === 0;
  const fields = [
    inode,
    isTrailer ? 0 : TYPE_BITS[entry.kind] | (entry.permissions & 0o7777),
    0, // user
    0, // group
    entry.kind === 'folder' ? 2 : 1, // links
    0, // time of change
    contentBytes,
    0, // device the file was on
    0,
    device.major,
    device.minor,
    name.length,
    0, // checksum, unused by this form
  ];
  const text = MAGIC + fields.map(hex8).join('');
  const bytes = new Uint8Array(HEADER_BYTES + name.length);
  bytes.set(new TextEncoder().encode(text));
  bytes.set(name, HEADER_BYTES);
  return bytes;
}

function hex8(value: number): string {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new RangeError(`${value} does not fit a cpio header`);
  }
  return value.toString(16).padStart(8, '0');
}

function contentOf(entry: CpioEntry): Uint8Array {
  if (entry.kind === 'file') return entry.content;
  if (entry.kind === 'symlink') return new TextEncoder().encode(entry.target);
  return new Uint8Array(0);
}
