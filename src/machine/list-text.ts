import { PAGE_BYTES } from '../shared/bulk/state-plan.ts';
import { align } from './buffer-layout.ts';
import { damagedState } from './damaged-state.ts';

/*
 * Long lists of a state (a guest's ten thousand files) as text of their own: groups of entries, each a JSON array and a
 * line feed, from the beginning of a page on, with spaces after it. When a little of a list changes, most pages stay as
 * they were; and it can be read group by group, while the guest runs already.
 */

/** A shorter list changes as a whole; only the file system's are longer: inodes, what clients have open, written files. */
const LONG_LIST_ITEMS = 128;
/** Groups are to fill a page by this share at most on average, so that most take exactly one. */
const GROUP_FILL = 0.7;
const GROUP_ITEMS_MAX = 256;
const SPACE = 0x20;
const LINE_FEED = 0x0a;

export function isLongList(value: readonly unknown[]): boolean {
  if (value.length < LONG_LIST_ITEMS) return false;
  for (const item of value) {
    if (typeof item !== 'object' || item === null) return false;
  }
  return true;
}

/** @param list plain JSON values */
export function listText(list: readonly unknown[]): Uint8Array {
  const items = list.map((item) => JSON.stringify(item));
  const count = groupItems(items);
  const encoder = new TextEncoder();
  const groups: Uint8Array[] = [];
  for (let first = 0; first < items.length; first += count) {
    groups.push(encoder.encode(`[${items.slice(first, first + count).join(',')}]\n`));
  }
  const text = new Uint8Array(groups.reduce((sum, group) => sum + align(group.byteLength, PAGE_BYTES), 0)).fill(SPACE);
  let at = 0;
  for (const group of groups) {
    text.set(group, at);
    at += align(group.byteLength, PAGE_BYTES);
  }
  return text;
}

/**
 * How many entries to write as one group: a power of two, which a little change of a list hardly ever moves. Inodes come by
 * 16, what clients have open by 64.
 */
export function groupItems(items: readonly string[]): number {
  const characters = items.reduce((sum, item) => sum + item.length + 1, 0);
  const fitting = (GROUP_FILL * PAGE_BYTES * items.length) / characters;
  return Math.max(1, Math.min(GROUP_ITEMS_MAX, 2 ** Math.floor(Math.log2(fitting))));
}

/** Reads what {@link listText} wrote, a group at a time. */
export class ListReader {
  private readonly bytes: Uint8Array;
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });
  private readonly items: unknown[] = [];
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The next group. @returns whether there was one @throws FailureError `damaged` */
  readGroup(): boolean {
    if (this.at >= this.bytes.byteLength) return false;
    const end = this.bytes.indexOf(LINE_FEED, this.at);
    if (end < 0) throw damagedState('a list of it is cut off');
    for (const item of this.parse(this.bytes.subarray(this.at, end))) this.items.push(item);
    this.at = align(end + 1, PAGE_BYTES);
    return true;
  }

  /** All entries. @throws FailureError `damaged` */
  all(): unknown[] {
    while (this.readGroup());
    return this.items;
  }

  private parse(text: Uint8Array): unknown[] {
    let group: unknown;
    try {
      group = JSON.parse(this.decoder.decode(text));
    } catch {
      throw damagedState('a list of it cannot be read');
    }
    if (!Array.isArray(group)) throw damagedState('a list of it has the wrong shape');
    return group;
  }
}
