/** More often nobody sees. */
const REPORT_EVERY_MS = 100;

/** Passes on how far a save is, seldom enough for a page to draw it, and its end. */
export function saveProgress(
  tell: (doneBytes: number, totalBytes: number) => void,
  nowMs: () => number,
): (doneBytes: number, totalBytes: number) => void {
  let lastMs = -Infinity;
  return (doneBytes, totalBytes) => {
    if (doneBytes < totalBytes && nowMs() - lastMs < REPORT_EVERY_MS) return;
    lastMs = nowMs();
    tell(doneBytes, totalBytes);
  };
}
