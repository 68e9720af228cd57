import * as v from 'valibot';

/** As large as a terminal can be told to be; a thumbnail needs no more of it. */
const COLUMNS_MAX = 240;
const ROWS_MAX = 100;

/** What a terminal showed: it comes from a page and from files of others, so it is bounded. */
export const screenPreview = v.object({
  columns: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(COLUMNS_MAX)),
  rows: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(ROWS_MAX)),
  lines: v.pipe(v.array(v.pipe(v.string(), v.maxLength(2 * COLUMNS_MAX))), v.maxLength(ROWS_MAX)),
});
