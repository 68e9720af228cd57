import { PAGE_BYTES } from '../shared/bulk/state-plan.ts';

/** Bytes of a state, and of which written file they are, by its inode; null for those of devices and consoles. */
export interface StateBuffer {
  readonly bytes: Uint8Array;
  readonly inode: number | null;
}

export interface BufferPlace {
  readonly offset: number;
  readonly length: number;
}

const SMALL_ALIGN_BYTES = 8;
/** Small files of this many neighbouring inodes share pages: what is written at one time often changes at one time, too. */
const INODES_A_GROUP = 16;

/**
 * Where the buffers of a state lie, so that two states of a machine have most pages in common. Devices' come first, the
 * small ones together (they keep their sizes), every larger one from the beginning of a page on. Files come last,
 * in the order of their inodes: a new file has a new inode, so what was there before stays as it was, and when
 * something in the middle grows, what follows moves by whole pages.
 * @returns the places in the order of the buffers, and the size of it all, in whole pages
 */
export function layoutBuffers(buffers: readonly StateBuffer[]): {
  places: readonly BufferPlace[];
  sizeBytes: number;
} {
  const places = buffers.map(({ bytes }) => ({ offset: 0, length: bytes.byteLength }));
  let sizeBytes = 0;
  for (const group of groups(buffers)) {
    for (const place of group.map((index) => places[index]).filter((each) => each !== undefined)) {
      sizeBytes = align(sizeBytes, place.length < PAGE_BYTES ? SMALL_ALIGN_BYTES : PAGE_BYTES);
      place.offset = sizeBytes;
      sizeBytes += place.length;
    }
    sizeBytes = align(sizeBytes, PAGE_BYTES);
  }
  return { places, sizeBytes };
}

/** Indexes of buffers that may share pages, the small ones of each group first. */
function groups(buffers: readonly StateBuffer[]): number[][] {
  const byGroup = new Map<number, number[]>();
  buffers.forEach(({ inode }, index) => {
    const key = inode === null ? -1 : Math.floor(inode / INODES_A_GROUP);
    const group = byGroup.get(key);
    if (group) group.push(index);
    else byGroup.set(key, [index]);
  });
  const isLarge = (index: number): number => ((buffers[index]?.bytes.byteLength ?? 0) < PAGE_BYTES ? 0 : 1);
  const order = (a: number, b: number): number =>
    isLarge(a) - isLarge(b) || (buffers[a]?.inode ?? -1) - (buffers[b]?.inode ?? -1);
  return [...byGroup].sort(([a], [b]) => a - b).map(([, group]) => group.sort(order));
}

export function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
