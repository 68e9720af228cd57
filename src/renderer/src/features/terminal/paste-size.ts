/** How much text there is, as a person reads it: `6.2 kB`, `1.4 MB`. */
export function pasteSize(sizeBytes: number, locale: string): string {
  const isLarge = sizeBytes >= 1_000_000;
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: isLarge ? 'megabyte' : 'kilobyte',
    unitDisplay: 'short',
    maximumFractionDigits: 1,
  }).format(sizeBytes / (isLarge ? 1_000_000 : 1000));
}
