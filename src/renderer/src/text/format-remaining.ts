/** Time left, rounded as coarsely as an estimate deserves: “a few seconds left”, “about 3 min left”. */
export function formatRemaining(remainingMs: number): string {
  if (remainingMs < 8_000) return 'a few seconds left';
  if (remainingMs < 55_000) return `about ${Math.ceil(remainingMs / 5_000) * 5} s left`;
  const minutes = Math.max(1, Math.round(remainingMs / 60_000));
  return minutes < 90 ? `about ${minutes} min left` : `about ${Math.round(minutes / 60)} h left`;
}
