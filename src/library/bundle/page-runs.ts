import { FailureError } from '../../shared/result.ts';
import { HASH_BYTES, PAGES_MAX, RUNS_MAX, ZERO_NUMBER } from './bundle-format.ts';
import { isZeroHash, type PageNumbers } from './page-numbers.ts';

export interface NumberedPages {
  /** Pages of the state, in order, whose bytes nobody had before. */
  readonly newPages: Uint32Array;
  /** The same of those that the receiver has. */
  readonly lentPages: Uint32Array;
  /** First number and count, in turn. */
  readonly runs: Uint32Array;
}

/**
 * Gives numbers to the pages of a state that have none yet: first those that go into the file, then those that do not.
 * @param hashes of all its pages
 * @param lent what the receiver has
 * @param runsBefore how many runs the states before have
 * @throws FailureError `limit`
 */
export function numberPages(
  hashes: Uint8Array,
  numbers: PageNumbers,
  lent: PageNumbers,
  runsBefore: number,
): NumberedPages {
  const newPages = addPages(hashes, numbers, (at) => lent.find(hashes, at) < 0);
  const lentPages = addPages(hashes, numbers, () => true);
  const runs = findRuns(hashes, numbers);
  if (numbers.count > PAGES_MAX || runsBefore + runs.length / 2 > RUNS_MAX) {
    throw new FailureError(
      'limit',
      'These snapshots have more different pages than one .terrarium file holds. Nothing was exported: export them in parts.',
    );
  }
  return { newPages, lentPages, runs };
}

function addPages(hashes: Uint8Array, numbers: PageNumbers, isWanted: (at: number) => boolean): Uint32Array {
  const added: number[] = [];
  for (let at = 0; at < hashes.byteLength; at += HASH_BYTES) {
    if (isZeroHash(hashes, at) || !isWanted(at)) continue;
    const before = numbers.count;
    numbers.add(hashes, at);
    if (numbers.count > before) added.push(at / HASH_BYTES);
  }
  return Uint32Array.from(added);
}

function findRuns(hashes: Uint8Array, numbers: PageNumbers): Uint32Array {
  const runs: number[] = [];
  let first = 0;
  let count = 0;
  for (let at = 0; at < hashes.byteLength; at += HASH_BYTES) {
    const number = isZeroHash(hashes, at) ? ZERO_NUMBER : numbers.find(hashes, at);
    const next = first === ZERO_NUMBER ? ZERO_NUMBER : first + count;
    if (count > 0 && number === next) {
      count += 1;
      continue;
    }
    if (count > 0) runs.push(first, count);
    first = number;
    count = 1;
  }
  if (count > 0) runs.push(first, count);
  return Uint32Array.from(runs);
}

/**
 * A state's runs as they are in a bundle. @returns null when they do not make up its pages
 * @param numberCount how many pages have a number by now
 */
export function parseRuns(bytes: Uint8Array, pageCount: number, numberCount: number): Uint32Array | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const runs = new Uint32Array(bytes.byteLength / 4);
  let pages = 0;
  for (let index = 0; index < runs.length; index += 2) {
    const first = view.getUint32(4 * index, true);
    const count = view.getUint32(4 * index + 4, true);
    const isGiven = first === ZERO_NUMBER || first + count <= numberCount;
    pages += count;
    if (count === 0 || !isGiven || pages > pageCount) return null;
    runs[index] = first;
    runs[index + 1] = count;
  }
  return pages === pageCount ? runs : null;
}

/** The number of each page, in order; {@link ZERO_NUMBER} for zeros. */
export function* pageNumbersOf(runs: Uint32Array): Generator<number, void, void> {
  for (let index = 0; index < runs.length; index += 2) {
    const first = runs[index] ?? ZERO_NUMBER;
    const count = runs[index + 1] ?? 0;
    for (let step = 0; step < count; step += 1) yield first === ZERO_NUMBER ? ZERO_NUMBER : first + step;
  }
}
