const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A size for people, in binary units with at most one decimal: `812 B`, `4.2 MiB`. */
export function formatSize(sizeBytes: number): string {
  if (sizeBytes < 1024) return `${sizeBytes} B`;
  let value = sizeBytes;
  let unit: (typeof UNITS)[number] = 'KiB';
  for (const next of UNITS) {
    value /= 1024;
    unit = next;
    // 1023.95 would round to “1024.0”, which the next unit says better.
    if (value < 1023.95) break;
  }
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} ${unit}`;
}
