import { isUtf8 } from 'node:buffer';
import type { RunOutcome } from '../headless/machine.ts';

/**
 * What `--json` keeps of each stream: enough for what is read by a program at once, and small enough for the one
 * document it is part of.
 */
export const JSON_OUTPUT_MAX_BYTES = 16 * 1024 * 1024;

/** What `terrarium run --json` prints. */
export interface RunDocument {
  readonly exitCode: number;
  /** The number of the signal that ended the command, or null. */
  readonly signal: number | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** Of both: text where both are text, else base64. */
  readonly encoding: 'utf-8' | 'base64';
  /** Whether one of them was longer than what is here. */
  readonly truncated: boolean;
  /** Of the command alone. */
  readonly durationMs: number;
  readonly snapshot: { readonly id: string; readonly name: string } | null;
  readonly problems: readonly string[];
}

export function runDocument(
  outcome: RunOutcome,
  exitCode: number,
  snapshot: RunDocument['snapshot'],
  problems: readonly string[],
): RunDocument {
  const { result, isTruncated } = outcome;
  const streams = [outcome.stdout, outcome.stderr].map((bytes) => (isTruncated ? wholeCharacters(bytes) : bytes));
  const encoding = streams.every((bytes) => isUtf8(bytes)) ? 'utf-8' : 'base64';
  const [stdout = '', stderr = ''] = streams.map((bytes) => bytes.toString(encoding));
  return {
    exitCode,
    signal: result.kind === 'signalled' ? result.signal : null,
    timedOut: result.kind === 'timed-out',
    stdout,
    stderr,
    encoding,
    truncated: isTruncated,
    durationMs: Math.round(outcome.durationMs),
    snapshot,
    problems,
  };
}

/** Without a character of UTF-8 that was cut at the end, which would make all of it look like no text. */
function wholeCharacters(bytes: Buffer): Buffer {
  for (let cut = 0; cut < 4 && cut < bytes.byteLength; cut += 1) {
    const shorter = bytes.subarray(0, bytes.byteLength - cut);
    if (isUtf8(shorter)) return shorter;
  }
  return bytes;
}
