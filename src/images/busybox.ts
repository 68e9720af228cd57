import { FailureError } from '../shared/result.ts';

/** Where Alpine's package busybox-static has its program. */
export const ALPINE_BUSYBOX = /^(?:usr\/)?bin\/busybox\.static$/;

/**
 * The commands a busybox binary answers to, read from the table inside it: names ending in NUL,
 * sorted, starting with “[” and “[[”. So no foreign binary has to run on the host.
 * @throws FailureError when the binary has no such table
 */
export function busyboxApplets(binary: Uint8Array): string[] {
  const bytes = Buffer.from(binary.buffer, binary.byteOffset, binary.byteLength);
  const start = bytes.indexOf('\0[\0[[\0');
  const names: string[] = [];
  for (let at = start + 1; start >= 0 && at < bytes.byteLength;) {
    const end = bytes.indexOf(0, at);
    const name = bytes.toString('latin1', at, end);
    if (!/^[[a-z0-9][a-z0-9_.[-]*$/.test(name) || name.length > 32) break;
    names.push(name);
    at = end + 1;
  }
  if (!names.includes('sh') || !names.includes('mount')) {
    throw new FailureError(
      'unsupported',
      'The busybox binary is not one this recipe knows how to set up. The image was not built.',
    );
  }
  return names;
}
