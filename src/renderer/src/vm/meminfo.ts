/** How much of its memory a guest has given to programs and files it needs, in MiB. */
export interface GuestMemory {
  readonly usedMib: number;
  readonly totalMib: number;
}

/** @param text of a guest's /proc/meminfo @returns null where it does not say so; the guest may say anything */
export function parseMeminfo(text: string): GuestMemory | null {
  const total = kib(text, 'MemTotal');
  const available = kib(text, 'MemAvailable');
  if (total === null || available === null || available > total) return null;
  return { usedMib: Math.round((total - available) / 1024), totalMib: Math.round(total / 1024) };
}

function kib(text: string, field: string): number | null {
  // v86 has at most 2 GiB, so more digits are no size.
  const found = new RegExp(`^${field}:\\s+(\\d{1,7}) kB$`, 'm').exec(text);
  return found === null ? null : Number(found[1]);
}
