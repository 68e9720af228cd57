import { PAGE_BYTES } from '../shared/bulk/state-plan.ts';
import { groupItems, isLongList } from './list-text.ts';

const SPACE = 0x20;

/**
 * JSON of which most bytes stay where they were when a little of the value changes, as far as pages go: the entries of a
 * long list of objects are written in groups that fit a page, each from the beginning of a page on, with spaces before it.
 * @param value plain JSON, as `JSON.stringify` takes it
 * @param startBytes where in its file the text will begin
 */
export function pagedJson(value: unknown, startBytes: number): Uint8Array[] {
  const text = new PagedText(startBytes);
  write(value, text);
  return text.end();
}

function write(value: unknown, text: PagedText): void {
  if (Array.isArray(value)) {
    if (isLongList(value)) writeGroups(value, text);
    else writeList('[', value, ']', text, write);
  } else if (typeof value === 'object' && value !== null) {
    writeList('{', Object.entries(value), '}', text, ([key, item]) => {
      text.add(`${JSON.stringify(key)}:`);
      write(item, text);
    });
  } else {
    text.add(plain(value));
  }
}

function writeList<Item>(
  open: string,
  items: readonly Item[],
  close: string,
  text: PagedText,
  writeItem: (item: Item, text: PagedText) => void,
): void {
  text.add(open);
  // Unlike forEach this does not pass over entries that were never set.
  for (const [index, item] of items.entries()) {
    if (index > 0) text.add(',');
    writeItem(item, text);
  }
  text.add(close);
}

function writeGroups(list: readonly unknown[], text: PagedText): void {
  text.add('[');
  const items = list.map(plain);
  const count = groupItems(items);
  for (let first = 0; first < items.length; first += count) {
    text.toPage();
    text.add(items.slice(first, first + count).join(','));
    if (first + count < items.length) text.add(',');
  }
  text.toPage();
  text.add(']');
}

/** What is undefined in a list is null in JSON. */
function plain(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}

/** Text that knows where in the file it is. */
class PagedText {
  private readonly encoder = new TextEncoder();
  private readonly pieces: Uint8Array[] = [];
  private positionBytes: number;
  private pending = '';

  constructor(startBytes: number) {
    this.positionBytes = startBytes;
  }

  add(text: string): void {
    this.pending += text;
  }

  /** Spaces up to the beginning of a page. */
  toPage(): void {
    this.flush();
    const missingBytes = (PAGE_BYTES - (this.positionBytes % PAGE_BYTES)) % PAGE_BYTES;
    if (missingBytes > 0) this.push(new Uint8Array(missingBytes).fill(SPACE));
  }

  end(): Uint8Array[] {
    this.flush();
    return this.pieces;
  }

  private flush(): void {
    if (this.pending === '') return;
    this.push(this.encoder.encode(this.pending));
    this.pending = '';
  }

  private push(bytes: Uint8Array): void {
    this.pieces.push(bytes);
    this.positionBytes += bytes.byteLength;
  }
}
