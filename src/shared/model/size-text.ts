/** `12.3 MB`, in powers of ten as file managers and disks have it. */
export function sizeText(sizeBytes: number): string {
  if (sizeBytes < 1000) return `${sizeBytes} B`;
  let value = sizeBytes;
  for (const unit of ['kB', 'MB', 'GB']) {
    value /= 1000;
    // What would be rounded to 1000.0 belongs to the next unit.
    if (value < 999.95) return `${value.toFixed(1)} ${unit}`;
  }
  return `${(value / 1000).toFixed(1)} TB`;
}
