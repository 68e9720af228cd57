import type { DirEntry } from '../../../../machine/protocol.ts';

const KIND_LETTERS: Readonly<Record<DirEntry['kind'], string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  other: '?',
};

/** Permissions as `ls -l` writes them: `drwxr-xr-x`. */
export function modeText(kind: DirEntry['kind'], mode: number): string {
  const letters = Array.from('rwxrwxrwx', (letter, index) => ((mode >> (8 - index)) & 1 ? letter : '-'));
  const special = (bit: number, at: number, letter: string): void => {
    if ((mode & bit) !== 0) letters[at] = letters[at] === 'x' ? letter : letter.toUpperCase();
  };
  special(0o4000, 2, 's');
  special(0o2000, 5, 's');
  special(0o1000, 8, 't');
  return KIND_LETTERS[kind] + letters.join('');
}
