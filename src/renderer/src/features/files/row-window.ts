/** Rows beyond the edges, so that a fast wheel shows no gap. */
const MARGIN_ROWS = 12;

/** Which rows of a long list are drawn: those that show, and some around. */
export function rowWindow(
  scrollTopPx: number,
  heightPx: number,
  rowHeightPx: number,
  count: number,
): { readonly first: number; readonly end: number } {
  const first = Math.max(0, Math.floor(scrollTopPx / rowHeightPx) - MARGIN_ROWS);
  const end = Math.min(count, Math.ceil((scrollTopPx + heightPx) / rowHeightPx) + MARGIN_ROWS);
  return { first: Math.min(first, Math.max(0, end - 1)), end };
}
