import { PAGE_BYTES } from '../shared/bulk/state-plan.ts';
import { damagedState } from './damaged-state.ts';
import { pageScan } from './page-scan.ts';

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
 * @param wasm what the memory lies in, where that is known
 * @param room for the copy, taken when it is large enough
 */
export function copyMemory(
  memory: Uint8Array,
  wasm: WebAssembly.Memory | null = null,
  room: Uint8Array | null = null,
): MemoryPages {
  const pageCount = memory.byteLength / PAGE_BYTES;
  const bitmap = new Uint8Array(Math.ceil(pageCount / 8));
  const nextPresent = pageScan(memory, wasm);
  let present = 0;
  for (let page = nextPresent(0); page < pageCount; page = nextPresent(page + 1)) {
    bitmap[page >> 3] = (bitmap[page >> 3] ?? 0) | (1 << (page & 7));
    present += 1;
  }
  const sizeBytes = present * PAGE_BYTES;
  const pages = room && room.byteLength >= sizeBytes ? room.subarray(0, sizeBytes) : new Uint8Array(sizeBytes);
  let offset = 0;
  for (const run of pageRuns(bitmap, pageCount)) {
    pages.set(memory.subarray(run.first * PAGE_BYTES, run.end * PAGE_BYTES), offset);
    offset += (run.end - run.first) * PAGE_BYTES;
  }
  return { memoryBytes: memory.byteLength, bitmap, pages };
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

/** Puts arriving pages where the bitmap says: in their order, however they are cut, or by their number in the state. */
export class PagePlacer {
  private readonly memory: Uint8Array;
  /** Which page of memory each page of the state is. */
  private readonly pageOf: Uint32Array;
  private nextBytes = 0;

  /** How many pages it takes. */
  get pageCount(): number {
    return this.pageOf.length;
  }

  constructor(memory: Uint8Array, memoryBytes: number, bitmap: Uint8Array, pageCount: number) {
    if (memory.byteLength !== memoryBytes) throw damagedState('its memory has another size than the machine');
    const pages = memoryBytes / PAGE_BYTES;
    if (!Number.isInteger(pages) || bitmap.byteLength !== Math.ceil(pages / 8))
      throw damagedState('its page map is broken');
    this.memory = memory;
    this.pageOf = presentPages(bitmap, pages);
    if (this.pageOf.length !== pageCount) throw damagedState('its page map and its page count disagree');
  }

  /** The next bytes of all pages. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength;) {
      const within = this.nextBytes % PAGE_BYTES;
      const index = (this.nextBytes - within) / PAGE_BYTES;
      const whole = this.placeRun(bytes, at, index, within);
      at += whole;
      this.nextBytes += whole;
    }
  }

  /** Whole pages, the first of them the page of that number in the state. */
  place(index: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength;) at += this.placeRun(bytes, at, index + at / PAGE_BYTES, 0);
  }

  finish(): void {
    if (this.nextBytes !== this.pageOf.length * PAGE_BYTES) throw damagedState('it ends in the middle of its memory');
  }

  /** Copies as far as pages are neighbours in memory, too. @returns how many bytes */
  private placeRun(bytes: Uint8Array, at: number, index: number, within: number): number {
    const page = this.pageOf[index];
    if (page === undefined) throw damagedState('it has more memory than its page map says');
    const target = page * PAGE_BYTES + within;
    let count = PAGE_BYTES - within;
    for (let ahead = 1; at + count < bytes.byteLength && this.pageOf[index + ahead] === page + ahead; ahead += 1) {
      count += PAGE_BYTES;
    }
    count = Math.min(count, bytes.byteLength - at);
    this.memory.set(bytes.subarray(at, at + count), target);
    return count;
  }
}

function presentPages(bitmap: Uint8Array, pageCount: number): Uint32Array {
  const present: number[] = [];
  for (const { first, end } of pageRuns(bitmap, pageCount)) {
    for (let page = first; page < end; page += 1) present.push(page);
  }
  return Uint32Array.from(present);
}
