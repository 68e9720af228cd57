import { KERNEL_CHOICES } from '../../shared/model/image.ts';
import { parseMemoryMib } from '../../shared/model/names.ts';
import { unwrap } from '../../shared/result.ts';
import { wholeNumber } from '../command/parse.ts';

/** Options of every command that makes an image. */
export const KERNEL_OPTION = {
  kind: 'value',
  value: KERNEL_CHOICES.join('|'),
  help: 'our own kernel, compiled once (tuned), or the distribution’s, which boots more slowly; auto takes what can be had',
} as const;

export const MEMORY_OPTION = {
  kind: 'value',
  value: 'MIB',
  help: 'memory of the base snapshot, which a machine of this size starts from without booting',
} as const;

/** @throws FailureError `bad-input` for what no machine can have */
export function memoryOption(text: string | null): number | null {
  return text === null ? null : unwrap(parseMemoryMib(wholeNumber('--memory', text)));
}
