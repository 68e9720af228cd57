/** As Linux bounds them. */
const PATH_MAX_BYTES = 4095;
const NAME_MAX_BYTES = 255;

/** A path one level down. */
export function joinGuestPath(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`;
}

/** The folder above; the root is its own. */
export function parentGuestPath(path: string): string {
  const cut = path.lastIndexOf('/');
  return cut <= 0 ? '/' : path.slice(0, cut);
}

/** The last name of a path; the root's is `/`. */
export function lastOfGuestPath(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1) || '/';
}

/** Each folder from the root to a path, for a breadcrumb. */
export function guestPathTrail(path: string): readonly { readonly name: string; readonly path: string }[] {
  const trail = [{ name: '/', path: '/' }];
  let at = '/';
  for (const name of path.split('/')) {
    if (name === '') continue;
    at = joinGuestPath(at, name);
    trail.push({ name, path: at });
  }
  return trail;
}

/**
 * What a person typed as a path: from the root, from the home (`~`), or from the folder they look at.
 * @returns the path without dots and doubled strokes; null for what can be none
 */
export function typedGuestPath(typed: string, folder: string, home: string): string | null {
  if (typed === '' || typed.includes('\0') || bytesOf(typed) > PATH_MAX_BYTES) return null;
  const isFromHome = typed === '~' || typed.startsWith('~/');
  const whole = isFromHome ? home + typed.slice(1) : typed.startsWith('/') ? typed : `${folder}/${typed}`;
  const parts: string[] = [];
  for (const part of whole.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** Why a file in the guest cannot be called that; null when it can. */
export function guestNameProblem(name: string): 'empty' | 'slash' | 'dots' | 'long' | null {
  if (name === '') return 'empty';
  if (name.includes('/') || name.includes('\0')) return 'slash';
  if (name === '.' || name === '..') return 'dots';
  return bytesOf(name) > NAME_MAX_BYTES ? 'long' : null;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).byteLength;
}
