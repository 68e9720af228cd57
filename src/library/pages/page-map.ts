import { PAGE_BYTES } from '../../shared/bulk/state-plan.ts';
import { FailureError } from '../../shared/result.ts';
import { PACK_PAGES_MAX } from './pack-format.ts';

const MAGIC = 'TERRPMAP';
const VERSION = 1;
const HEADER_BYTES = 32;
const PACK_ID_BYTES = 16;
const RUN_BYTES = 8;
const RUN_PAGES_MAX = 0xffff;
const ZERO_PACK = 0xffff;
/** A map of a state that was merged from many; a new state refers to far fewer (page-locality.ts). */
const MAP_PACKS_MAX = 4096;
/** The largest machine's memory, devices and files, twice. */
export const STATE_MAX_BYTES = 8 * 1024 * 1024 * 1024;

/** Stands for a page of zeros, which is in no pack. */
export const ZERO_PAGE = 0xffff_ffff;

/**
 * Where each page of a state is: the number of a pack in `packs` times {@link PACK_PAGES_MAX}, plus the page's number
 * in it; or {@link ZERO_PAGE}.
 */
export interface PageMap {
  readonly sizeBytes: number;
  readonly packs: readonly string[];
  readonly places: Uint32Array;
}

export function encodePageMap({ sizeBytes, packs, places }: PageMap): Uint8Array {
  if (packs.length > MAP_PACKS_MAX) throw new Error('a state refers to too many packs');
  const runs = findRuns(places);
  const bytes = new Uint8Array(HEADER_BYTES + packs.length * PACK_ID_BYTES + runs.length * RUN_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from(MAGIC, 'latin1'));
  view.setUint32(8, VERSION, true);
  view.setUint32(12, packs.length, true);
  view.setUint32(16, runs.length, true);
  view.setUint32(20, places.length, true);
  view.setBigUint64(24, BigInt(sizeBytes), true);
  let at = HEADER_BYTES;
  for (const id of packs) {
    bytes.set(Buffer.from(id, 'hex'), at);
    at += PACK_ID_BYTES;
  }
  for (const { place, count } of runs) {
    const isZero = place === ZERO_PAGE;
    view.setUint16(at, isZero ? ZERO_PACK : Math.floor(place / PACK_PAGES_MAX), true);
    view.setUint16(at + 2, count, true);
    view.setUint32(at + 4, isZero ? 0 : place % PACK_PAGES_MAX, true);
    at += RUN_BYTES;
  }
  return bytes;
}

interface Run {
  readonly place: number;
  readonly count: number;
}

function findRuns(places: Uint32Array): Run[] {
  const runs: Run[] = [];
  for (let first = 0; first < places.length;) {
    const place = places[first] ?? ZERO_PAGE;
    const step = place === ZERO_PAGE ? 0 : 1;
    // A run stays in its pack.
    const most = step === 0 ? RUN_PAGES_MAX : Math.min(RUN_PAGES_MAX, PACK_PAGES_MAX - (place % PACK_PAGES_MAX));
    let count = 1;
    while (count < most && places[first + count] === place + step * count) count += 1;
    runs.push({ place, count });
    first += count;
  }
  return runs;
}

/** @throws FailureError `damaged`, `unsupported` for what {@link encodePageMap} did not write */
export function decodePageMap(bytes: Uint8Array): PageMap {
  if (bytes.byteLength < HEADER_BYTES) throw broken('it is cut short');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (Buffer.from(bytes.subarray(0, 8)).toString('latin1') !== MAGIC) throw broken('it does not begin like a page map');
  if (view.getUint32(8, true) !== VERSION) {
    throw new FailureError(
      'unsupported',
      `A saved state has a page map of format ${view.getUint32(8, true)}; this Terrarium reads format ${VERSION}.`,
    );
  }
  const packCount = view.getUint32(12, true);
  const runCount = view.getUint32(16, true);
  const pageCount = view.getUint32(20, true);
  const size = view.getBigUint64(24, true);
  if (size > BigInt(STATE_MAX_BYTES) || packCount > MAP_PACKS_MAX) throw broken('its size is impossible');
  const sizeBytes = Number(size);
  if (bytes.byteLength !== HEADER_BYTES + packCount * PACK_ID_BYTES + runCount * RUN_BYTES) {
    throw broken('its length is wrong');
  }
  if (pageCount !== Math.ceil(sizeBytes / PAGE_BYTES)) throw broken('it has the wrong number of pages');
  const packs: string[] = [];
  for (let pack = 0; pack < packCount; pack += 1) {
    const at = HEADER_BYTES + pack * PACK_ID_BYTES;
    packs.push(Buffer.from(bytes.subarray(at, at + PACK_ID_BYTES)).toString('hex'));
  }
  const places = new Uint32Array(pageCount);
  let page = 0;
  for (let run = 0, at = HEADER_BYTES + packCount * PACK_ID_BYTES; run < runCount; run += 1, at += RUN_BYTES) {
    const pack = view.getUint16(at, true);
    const count = view.getUint16(at + 2, true);
    const first = view.getUint32(at + 4, true);
    if (count === 0 || page + count > pageCount) throw broken('its runs do not fit');
    if (pack === ZERO_PACK) places.fill(ZERO_PAGE, page, page + count);
    else {
      if (pack >= packCount || first + count > PACK_PAGES_MAX) throw broken('a run lies outside of its pack');
      for (let index = 0; index < count; index += 1) places[page + index] = pack * PACK_PAGES_MAX + first + index;
    }
    page += count;
  }
  if (page !== pageCount) throw broken('its runs end too early');
  return { sizeBytes, packs, places };
}

function broken(why: string): FailureError {
  return new FailureError('damaged', `The page map is damaged (${why})`);
}
