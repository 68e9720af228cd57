import type { IBuffer } from '@xterm/xterm';

/** Enough for any check of what a terminal shows, bounded so that reading stays instant. */
export const READ_TEXT_MAX_LINES = 2000;

/** The last lines of a terminal as text: wrapped rows joined, trailing blanks and blank lines dropped. */
export function bufferText(buffer: Pick<IBuffer, 'length' | 'getLine'>): string {
  const lines: string[] = [];
  for (let row = Math.max(0, buffer.length - READ_TEXT_MAX_LINES); row < buffer.length; row += 1) {
    const line = buffer.getLine(row);
    if (!line) continue;
    // A row that the next one continues keeps its trailing spaces: they may stand inside a word gap.
    const isContinued = buffer.getLine(row + 1)?.isWrapped === true;
    const text = line.translateToString(!isContinued);
    if (line.isWrapped && lines.length > 0) lines.push(`${lines.pop() ?? ''}${text}`);
    else lines.push(text);
  }
  return lines.join('\n').trimEnd();
}
