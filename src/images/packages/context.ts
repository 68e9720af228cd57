/** What a long piece of work is told by its caller: where to keep things, when to stop, whom to tell. */
export interface WorkContext {
  /** The cache folder, see {@link file://./cache.ts}. */
  readonly cacheRoot: string;
  readonly signal: AbortSignal;
  readonly report: (progress: WorkProgress) => void;
  /** A sentence about something that went wrong and was worked around. */
  readonly warn: (sentence: string) => void;
}

/** What is being done, how far it is, how much longer it will take. */
export interface WorkProgress {
  readonly what: string;
  /** 0..1, or null while it cannot be known. */
  readonly fraction: number | null;
  readonly detail: string;
  readonly remainingMs: number | null;
}

/**
 * The time left of work that is `fraction` done, judged by the pace since it began.
 *
 * @param startFraction what was done already when it began (a resumed build)
 * @returns null until there is enough to judge by
 */
export function remainingMs(elapsedMs: number, fraction: number, startFraction = 0): number | null {
  const advanced = fraction - startFraction;
  // The first instants say little about the pace.
  if (elapsedMs < 1500 || advanced < 0.01) return null;
  return Math.max(0, Math.round((elapsedMs / advanced) * (1 - fraction)));
}
