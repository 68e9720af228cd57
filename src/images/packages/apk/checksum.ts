import { createHash } from 'node:crypto';

/** apk's way to write a SHA-1: `Q1` and Base64. */
const FORM = /^Q1[A-Za-z0-9+/]{27}=$/;

export function isChecksum(text: string): boolean {
  return FORM.test(text);
}

export function checksumOf(bytes: Uint8Array): string {
  return `Q1${createHash('sha1').update(bytes).digest('base64')}`;
}

/** The checksum in a package's own header of a file: 40 hexadecimal digits. @returns null for anything else */
export function checksumOfHex(hex: string): string | null {
  return /^[0-9a-f]{40}$/i.test(hex) ? `Q1${Buffer.from(hex, 'hex').toString('base64')}` : null;
}

/** For names of files, where Base64's `/` has no place. */
export function checksumAsHex(checksum: string): string {
  return Buffer.from(checksum.slice(2), 'base64').toString('hex');
}
