import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { FailureError } from '../shared/result.ts';
import { errorCode, writeFileDurably } from './durable.ts';

/**
 * Small JSON files with a checksum: `{"sha256": …, "value": …}`, the hash over the value's JSON text.
 * A flipped bit anywhere is found at the next read.
 */
export function seal(value: unknown): string {
  const text = JSON.stringify(value);
  return `{"sha256":"${sha256(text)}","value":${text}}\n`;
}

/** @throws FailureError `damaged` when the text is not what {@link seal} wrote */
export function unseal(text: string, what: string): unknown {
  const match = /^\{"sha256":"([0-9a-f]{64})","value":(.*)\}\n$/s.exec(text);
  if (!match?.[1] || match[2] === undefined || sha256(match[2]) !== match[1]) {
    throw new FailureError('damaged', `${what} is damaged on disk (its checksum does not match) and was not loaded.`);
  }
  return JSON.parse(match[2]);
}

export function writeSealed(path: string, value: unknown): Promise<void> {
  return writeFileDurably(path, seal(value));
}

/** @returns null when there is no such file */
export async function readSealed(path: string, what: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return null;
    throw new FailureError('io', `${what} could not be read from disk.`, { cause });
  }
  return unseal(text, what);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
