/** More of a text nobody reads in a small window. */
export const PREVIEW_TEXT_MAX_BYTES = 1024 * 1024;
/** Of pictures the whole is needed. */
export const PREVIEW_IMAGE_MAX_BYTES = 16 * 1024 * 1024;
/** Of this many pixels a picture is refused: it would take gigabytes to draw. */
const IMAGE_MAX_PIXELS = 64 * 1024 * 1024;

export type ImageType = 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp';

export type FilePreview =
  | { readonly kind: 'text'; readonly text: string; readonly hasBadBytes: boolean }
  | { readonly kind: 'image'; readonly type: ImageType }
  | { readonly kind: 'binary' }
  | { readonly kind: 'huge-image' };

/**
 * What a file is, by its bytes: what a guest calls it says nothing.
 * @param isCut more of it follows, so half a character at the end is none that is wrong
 */
export function previewOf(bytes: Uint8Array, isCut = false): FilePreview {
  const type = imageType(bytes);
  if (type !== null) return pixelsOf(bytes, type) > IMAGE_MAX_PIXELS ? { kind: 'huge-image' } : { kind: 'image', type };
  if (bytes.includes(0)) return { kind: 'binary' };
  const decoded = new TextDecoder().decode(bytes, { stream: isCut });
  // What turns the direction of a line or moves a cursor is shown as a mark; tabs and line ends are kept.
  const text = decoded.replace(/\r\n?/g, '\n').replace(/(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd');
  return { kind: 'text', text, hasBadBytes: decoded.includes('\ufffd') };
}

function imageType(bytes: Uint8Array): ImageType | null {
  const ascii = (from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));
  if (ascii(0, 8) === '\x89PNG\r\n\x1a\n') return 'image/png';
  if (ascii(0, 3) === '\xff\xd8\xff') return 'image/jpeg';
  if (/^GIF8[79]a$/.test(ascii(0, 6))) return 'image/gif';
  if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WEBP') return 'image/webp';
  return null;
}

/** As the headers of PNG and GIF say. The browser itself refuses what is too large of the other two. */
function pixelsOf(bytes: Uint8Array, type: ImageType): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (type === 'image/png' && bytes.byteLength >= 24) return view.getUint32(16) * view.getUint32(20);
  if (type === 'image/gif' && bytes.byteLength >= 10) return view.getUint16(6, true) * view.getUint16(8, true);
  return 0;
}
