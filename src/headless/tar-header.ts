/**
 * Headers of a tar archive as GNU tar writes them. The archive is unpacked by whatever `tar` the guest has, and
 * busybox's knows long names in GNU's way only, not in that of pax.
 */

export const TAR_BLOCK_BYTES = 512;
/** Two empty blocks. */
export const TAR_END = new Uint8Array(2 * TAR_BLOCK_BYTES);

export interface TarMember {
  /** Relative, with `/` between names. */
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  /** Permission bits. */
  readonly mode: number;
  /** Of a file's content, which follows the header, padded to whole blocks. */
  readonly sizeBytes: number;
  readonly modifiedAtS: number;
  /** Where a symlink leads. */
  readonly target: string;
}

const TYPE_FLAGS = { file: '0', directory: '5', symlink: '2' } as const;
const LONG_NAME_FLAG = 'L';
const LONG_TARGET_FLAG = 'K';
const NAME_FIELD_BYTES = 100;
/** Eleven octal digits. Files that large never get this far. */
const NUMBER_MAX = 0o77777777777;

/** The header of a member that belongs to root, with the blocks before it that hold long names. */
export function tarHeader({ name, kind, mode, sizeBytes, modifiedAtS, target }: TarMember): Buffer {
  const nameBytes = Buffer.from(kind === 'directory' ? `${name}/` : name);
  const targetBytes = Buffer.from(target);
  return Buffer.concat([
    ...(targetBytes.byteLength > NAME_FIELD_BYTES ? longText(LONG_TARGET_FLAG, targetBytes) : []),
    ...(nameBytes.byteLength > NAME_FIELD_BYTES ? longText(LONG_NAME_FLAG, nameBytes) : []),
    block(TYPE_FLAGS[kind], nameBytes, targetBytes, mode, sizeBytes, modifiedAtS),
  ]);
}

/** What fills the last block of a content of that size. */
export function tarPadding(sizeBytes: number): Uint8Array {
  return new Uint8Array((TAR_BLOCK_BYTES - (sizeBytes % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES);
}

function longText(flag: string, text: Buffer): Uint8Array[] {
  const content = Buffer.concat([text, Buffer.of(0)]);
  const header = block(flag, Buffer.from('././@LongLink'), Buffer.alloc(0), 0o644, content.byteLength, 0);
  return [header, content, tarPadding(content.byteLength)];
}

function block(flag: string, name: Buffer, target: Buffer, mode: number, sizeBytes: number, timeS: number): Buffer {
  const header = Buffer.alloc(TAR_BLOCK_BYTES);
  name.copy(header, 0, 0, NAME_FIELD_BYTES);
  octal(header, 100, 8, mode & 0o7777);
  octal(header, 108, 8, 0);
  octal(header, 116, 8, 0);
  octal(header, 124, 12, sizeBytes);
  octal(header, 136, 12, Math.min(Math.max(0, Math.floor(timeS)), NUMBER_MAX));
  header.write(flag, 156, 'latin1');
  target.copy(header, 157, 0, NAME_FIELD_BYTES);
  header.write('ustar  \0root', 257, 'latin1');
  header.write('root', 297, 'latin1');
  // The checksum counts its own field as spaces.
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

function octal(header: Buffer, offset: number, fieldBytes: number, value: number): void {
  header.write(`${value.toString(8).padStart(fieldBytes - 1, '0')}\0`, offset, 'latin1');
}
