import type { BundleProgress } from '../../library/bundle/export-bundle.ts';
import type { Output } from '../command/output.ts';

/** A line that says how far it is. */
export function showProgress(output: Output, step: string): (progress: BundleProgress) => void {
  return ({ what, fraction }) => output.progress({ step, detail: what, fraction, remainingMs: null });
}
