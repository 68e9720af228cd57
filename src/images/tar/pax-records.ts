import { unreadable } from './refusal.ts';

export type PaxRecord = readonly [key: string, value: Buffer];

/** Digits of a record's length: more could not fit into the bound of a header. */
const LENGTH_DIGITS_MAX = 8;

/**
 * The records of a pax header: `LENGTH KEY=VALUE\n`, the length counting all of it (POSIX.1-2017, pax Extended Header).
 * @throws FailureError
 */
export function parsePaxRecords(bytes: Buffer): PaxRecord[] {
  const records: PaxRecord[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    const space = bytes.indexOf(0x20, at);
    const digits = bytes.toString('latin1', at, space < 0 ? at : Math.min(space, at + LENGTH_DIGITS_MAX + 1));
    const end = at + Number.parseInt(digits, 10);
    const equals = bytes.indexOf(0x3d, space);
    const isSound =
      /^[1-9]\d{0,7}$/.test(digits) &&
      end <= bytes.byteLength &&
      bytes[end - 1] === 0x0a &&
      equals > space + 1 &&
      equals < end - 1;
    if (!isSound) throw unreadable('a pax header in it is not written as the standard says');
    records.push([bytes.toString('utf8', space + 1, equals), bytes.subarray(equals + 1, end - 1)]);
    at = end;
  }
  return records;
}
