import { PAGE_BYTES } from '../../shared/bulk/state-plan.ts';

const ZERO = Buffer.alloc(PAGE_BYTES);

/** The page that begins there; the last one of a state is filled with zeros. */
export function wholePage(bytes: Uint8Array, offset: number): Uint8Array {
  const page = bytes.subarray(offset, offset + PAGE_BYTES);
  if (page.byteLength === PAGE_BYTES) return page;
  const whole = new Uint8Array(PAGE_BYTES);
  whole.set(page);
  return whole;
}

export function isZeroPage(page: Uint8Array): boolean {
  return ZERO.compare(page) === 0;
}
