import { damagedState } from './damaged-state.ts';

/** The emulated processor's page. */
export const PAGE_BYTES = 4096;

/** The non-zero pages of a guest's memory. */
export interface MemoryPages {
  readonly memoryBytes: number;
  /** One bit a page, least significant bit first. */
  readonly bitmap: Uint8Array;
  /** The present pages, back to back. */
  readonly pages: Uint8Array;
}

/**
 * Copies the non-zero pages of guest memory. This and `snapshotTree` (state-tree.ts) are all that needs the
 * guest to stand still.
 */
export function copyMemory(memory: Uint8Array): MemoryPages {
  const pageCount = memory.byteLength / PAGE_BYTES;
  const bitmap = new Uint8Array(Math.ceil(pageCount / 8));
  // Guest memory starts 8-aligned in the wasm heap; 32-bit words halve the loads of a byte scan by four.
  const words = new Int32Array(memory.buffer, memory.byteOffset, memory.byteLength / 4);
  const wordsPerPage = PAGE_BYTES / 4;
  let present = 0;
  for (let page = 0; page < pageCount; page += 1) {
    if (!isZero(words, page * wordsPerPage, (page + 1) * wordsPerPage)) {
      bitmap[page >> 3] = (bitmap[page >> 3] ?? 0) | (1 << (page & 7));
      present += 1;
    }
  }
  const pages = new Uint8Array(present * PAGE_BYTES);
  let offset = 0;
  for (const run of pageRuns(bitmap, pageCount)) {
    pages.set(memory.subarray(run.first * PAGE_BYTES, run.end * PAGE_BYTES), offset);
    offset += (run.end - run.first) * PAGE_BYTES;
  }
  return { memoryBytes: memory.byteLength, bitmap, pages };
}

function isZero(words: Int32Array, from: number, to: number): boolean {
  for (let i = from; i < to; i += 4) {
    // Reading past the end gives undefined, which counts as zero here; a page is a whole number of steps anyway.
    if (((words[i] ?? 0) | (words[i + 1] ?? 0) | (words[i + 2] ?? 0) | (words[i + 3] ?? 0)) !== 0) return false;
  }
  return true;
}

/** Runs of neighbouring present pages: fewer, larger copies. */
function* pageRuns(bitmap: Uint8Array, pageCount: number): Generator<{ first: number; end: number }> {
  let first = -1;
  for (let page = 0; page < pageCount; page += 1) {
    const present = ((bitmap[page >> 3] ?? 0) >> (page & 7)) & 1;
    if (present === 1 && first < 0) first = page;
    if (present === 0 && first >= 0) {
      yield { first, end: page };
      first = -1;
    }
  }
  if (first >= 0) yield { first, end: pageCount };
}

/** Puts arriving pages where the bitmap says. Pieces need not end at page borders. */
export class PagePlacer {
  private readonly memory: Uint8Array;
  private readonly runs: { first: number; end: number }[];
  private run = 0;
  private position: number;

  constructor(memory: Uint8Array, memoryBytes: number, bitmap: Uint8Array, pageCount: number) {
    if (memory.byteLength !== memoryBytes) throw damagedState('its memory has another size than the machine');
    const pages = memoryBytes / PAGE_BYTES;
    if (!Number.isInteger(pages) || bitmap.byteLength !== Math.ceil(pages / 8))
      throw damagedState('its page map is broken');
    this.memory = memory;
    this.runs = [...pageRuns(bitmap, pages)];
    const present = this.runs.reduce((sum, run) => sum + run.end - run.first, 0);
    if (present !== pageCount) throw damagedState('its page map and its page count disagree');
    this.position = (this.runs[0]?.first ?? 0) * PAGE_BYTES;
  }

  push(piece: Uint8Array): void {
    let offset = 0;
    while (offset < piece.byteLength) {
      const run = this.runs[this.run];
      if (!run) throw damagedState('it has more memory than its page map says');
      const count = Math.min(piece.byteLength - offset, run.end * PAGE_BYTES - this.position);
      this.memory.set(piece.subarray(offset, offset + count), this.position);
      offset += count;
      this.position += count;
      if (this.position === run.end * PAGE_BYTES) {
        this.run += 1;
        this.position = (this.runs[this.run]?.first ?? 0) * PAGE_BYTES;
      }
    }
  }

  finish(): void {
    if (this.run !== this.runs.length) throw damagedState('it ends in the middle of its memory');
  }
}
