/** What apt is doing: fetching files, or unpacking and configuring them. */
export interface AptStatus {
  readonly phase: 'download' | 'install';
  /** 0..1 within the phase. */
  readonly fraction: number;
  readonly detail: string;
}

/**
 * A line of apt's APT::Status-Fd: `dlstatus:1:42.5:Retrieving file 1 of 1 (3s remaining)` or
 * `pmstatus:libgtk-3-0:61.2:Unpacking libgtk-3-0 (amd64)`.
 *
 * @returns null for any other line
 */
export function aptStatus(line: string): AptStatus | null {
  const match = /^(dl|pm)status:[^:]*(?::[a-z0-9]+)?:(\d+(?:\.\d+)?):(.*)$/.exec(line);
  if (match === null) return null;
  const fraction = Number(match[2]) / 100;
  // apt's own guess of the remaining time is left out: the caller measures the pace itself.
  const detail = (match[3] ?? '').replace(/^Retrieving /, '').replace(/ \([^)]*remaining\)$/, '');
  return { phase: match[1] === 'dl' ? 'download' : 'install', fraction: Math.min(1, fraction), detail };
}
