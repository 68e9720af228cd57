import { PAGE_BYTES } from '../shared/bulk/state-plan.ts';
import { pageScan } from './page-scan.ts';

/** What one step looks at or fills, in a few milliseconds. */
const SCAN_STEP_BYTES = 32 * 1024 * 1024;
const FILL_STEP_BYTES = 4 * 1024 * 1024;
/** A guest that runs on meanwhile fills more pages; beyond this the copy makes its own room. */
const SPARE_PART = 1 / 8;
const SPARE_PAGES = 1024;

/**
 * Room for a copy of a guest's pages, made while the guest still runs. Memory costs most when it is touched for the first time
 * (of a 512 MiB guest with 44 MB in use: 40 ms for the room, 150 ms for pages the guest never used; searching and copying
 * take 10 ms each), so all of it is touched here, in steps between which the guest goes on.
 * @param memory the guest's memory as it lies now: it moves when the emulator grows
 * @param breathe lets the guest run
 */
export async function makeCopyRoom(
  memory: () => Uint8Array,
  wasm: WebAssembly.Memory,
  breathe: () => Promise<void>,
): Promise<Uint8Array> {
  let present = 0;
  for (let start = 0; start < memory().byteLength; start += SCAN_STEP_BYTES) {
    present += countPresent(memory().subarray(start, start + SCAN_STEP_BYTES), wasm);
    await breathe();
  }
  const room = new Uint8Array((present + Math.ceil(present * SPARE_PART) + SPARE_PAGES) * PAGE_BYTES);
  for (let start = 0; start < room.byteLength; start += FILL_STEP_BYTES) {
    room.fill(0, start, start + FILL_STEP_BYTES);
    await breathe();
  }
  return room;
}

function countPresent(memory: Uint8Array, wasm: WebAssembly.Memory): number {
  const pageCount = memory.byteLength / PAGE_BYTES;
  const nextPresent = pageScan(memory, wasm);
  let present = 0;
  for (let page = nextPresent(0); page < pageCount; page = nextPresent(page + 1)) present += 1;
  return present;
}
