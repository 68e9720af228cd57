import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { unwrap } from '../../src/shared/result.ts';
import { CaptureFile } from './capture-file.ts';

let folder: string;
let file: string;
let ends: string[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'terrarium-capture-'));
  file = path.join(folder, 'trace.pcapng');
  ends = [];
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const onEnd = (reason: string): void => void ends.push(reason);

/** The types of the blocks in a capture; a damaged one fails. */
async function blocks(): Promise<number[]> {
  const bytes = await readFile(file);
  const types: number[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    types.push(bytes.readUInt32LE(at));
    const length = bytes.readUInt32LE(at + 4);
    expect(bytes.readUInt32LE(at + length - 4)).toBe(length);
    at += length;
  }
  return types.slice(2);
}

it('is readable by its owner only', async () => {
  const capture = unwrap(await CaptureFile.open(file, onEnd));
  await capture.close();
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it('ends at its bound with a whole file, says so once, and takes no more', async () => {
  const capture = unwrap(await CaptureFile.open(file, onEnd, { fileMaxBytes: 1000 }));
  for (let i = 0; i < 100; i++) capture.write(new Uint8Array(200), 'in');
  expect(ends).toEqual([`The capture has ended because its file ${file} is full.`]);
  await capture.close();
  expect((await blocks()).every((type) => type === 6)).toBe(true);
  expect((await stat(file)).size).toBeGreaterThan(700);
  expect((await stat(file)).size).toBeLessThanOrEqual(1000);
});

it('leaves frames out, and counts them, when the disk does not keep up', async () => {
  const capture = unwrap(await CaptureFile.open(file, onEnd, { unwrittenMaxBytes: 1000 }));
  // Within one turn nothing reaches the disk.
  for (let i = 0; i < 100; i++) capture.write(new Uint8Array(200), 'out');
  const missing = await capture.close();
  expect(missing).toBeGreaterThan(90);
  expect((await blocks()).length).toBe(100 - missing);
});
