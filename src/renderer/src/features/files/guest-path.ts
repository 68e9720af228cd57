/** A path one level down. */
export function joinGuestPath(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`;
}

/** The folder above; the root is its own. */
export function parentGuestPath(path: string): string {
  const cut = path.lastIndexOf('/');
  return cut <= 0 ? '/' : path.slice(0, cut);
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
