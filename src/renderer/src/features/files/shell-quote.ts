/** Nothing in it means anything to a shell, and no option begins so. */
const PLAIN = /^[A-Za-z0-9_/.][A-Za-z0-9_/.@%+,:-]*$/;

/**
 * A path as a word of a shell's command line. It is typed at a prompt, so it has no character that the terminal or the line
 * editor would act on: those are written as escapes of `$'…'`, which busybox's shell and bash both know.
 */
export function shellQuote(path: string): string {
  if (PLAIN.test(path)) return path;
  if (!/\p{C}/u.test(path)) return `'${path.replaceAll("'", "'\\''")}'`;
  const escaped = path.replace(/['\\]|\p{C}/gu, (character) => {
    if (character === "'" || character === '\\') return `\\${character}`;
    return Array.from(new TextEncoder().encode(character), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  });
  return `$'${escaped}'`;
}
