import { TREE_EXAMPLES_MAX } from './tree-limits.ts';

/** What a copy into or out of a machine moved, and what it left out. */
export interface CopyReport {
  readonly files: number;
  readonly folders: number;
  readonly symlinks: number;
  /** Of the files' content. */
  readonly sizeBytes: number;
  readonly leftOut: {
    readonly count: number;
    /** A few of them, each a name and why. */
    readonly examples: readonly string[];
  };
}

/** Counts a copy while it goes on. */
export class CopyCounts {
  files = 0;
  folders = 0;
  symlinks = 0;
  sizeBytes = 0;
  private leftOut = 0;
  private readonly examples: string[] = [];

  /** @param why as it follows the name in a sentence */
  leaveOut(name: string, why: string): void {
    this.leftOut += 1;
    if (this.examples.length < TREE_EXAMPLES_MAX) this.examples.push(`“${shownName(name)}” ${why}`);
  }

  report(): CopyReport {
    const { files, folders, symlinks, sizeBytes } = this;
    return { files, folders, symlinks, sizeBytes, leftOut: { count: this.leftOut, examples: [...this.examples] } };
  }
}

/** The sentence for a person about what was left out, or null when nothing was. */
export function leftOutSentence(what: string, { leftOut }: CopyReport): string | null {
  if (leftOut.count === 0) return null;
  const shown = leftOut.examples.slice(0, 3).join('; ');
  const more = leftOut.count > 3 ? `; and ${leftOut.count - 3} more` : '';
  return `${what} was copied without ${leftOut.count === 1 ? 'one thing' : `${leftOut.count} things`}: ${shown}${more}.`;
}

const SHOWN_CHARACTERS = 120;

/** A name from elsewhere as a terminal may show it: no escape sequences, no line breaks, not endless. */
function shownName(name: string): string {
  const plain = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '�');
  return plain.length > SHOWN_CHARACTERS ? `${plain.slice(0, SHOWN_CHARACTERS)}…` : plain;
}
