/**
 * Runs two things in turn (A B A B …), so that whatever else the machine does strikes both alike.
 * The first of each is not counted: it finds cold caches and uncompiled code.
 */
export async function interleave<A, B>(
  runs: number,
  ours: () => Promise<A>,
  baseline: () => Promise<B>,
  onRun: (run: number, ours: A, baseline: B) => void,
): Promise<{ ours: A[]; baseline: B[] }> {
  const measured: { ours: A[]; baseline: B[] } = { ours: [], baseline: [] };
  for (let run = 0; run <= runs; run += 1) {
    const a = await ours();
    const b = await baseline();
    onRun(run, a, b);
    if (run === 0) continue;
    measured.ours.push(a);
    measured.baseline.push(b);
  }
  return measured;
}
