/** A machine's name as a host name: its letters, digits and hyphens (RFC 1123). */
export function hostLabel(name: string): string {
  const label = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, 63)
    .replace(/-$/, '');
  return label === '' ? 'vm' : label;
}
