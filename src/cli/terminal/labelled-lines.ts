import type { Output } from '../command/output.ts';
import { padToWidth } from './display-width.ts';

/** Wide enough for the longest label. */
const LABEL_COLUMNS = 12;

/** Writes what is known of one thing, each line after its label. */
export function lineWriter(output: Pick<Output, 'line'>): (label: string, text: string) => void {
  return (label, text) => {
    output.line(padToWidth(label, LABEL_COLUMNS, 'left') + text);
  };
}
