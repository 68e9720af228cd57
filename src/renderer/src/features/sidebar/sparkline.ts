/**
 * The outline of a small chart of the last values, newest at the right.
 * @param values 0..1 @param length of a full chart: fewer values fill its right end
 * @returns an SVG path in a box of `length - 1` by 1, with y downwards; closed, so that it can be filled
 */
export function sparklineArea(values: readonly number[], length: number): string {
  const shown = values.slice(-length);
  if (shown.length === 0) return '';
  const first = length - shown.length;
  const points = shown.map((value, index) => `${first + index} ${(1 - Math.min(1, Math.max(0, value))).toFixed(3)}`);
  return `M${first} 1L${points.join('L')}L${length - 1} 1Z`;
}
