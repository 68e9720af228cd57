import { expect, it } from 'vitest';
import { saveProgress } from './save-progress.ts';

it('tells of the beginning, of the end, and between them at most ten times a second', () => {
  const told: number[] = [];
  let nowMs = 5000;
  const progress = saveProgress(
    (doneBytes) => told.push(doneBytes),
    () => nowMs,
  );
  for (let doneBytes = 1; doneBytes <= 1000; doneBytes += 1) {
    progress(doneBytes, 1000);
    nowMs += 1;
  }
  expect(told).toEqual([1, 101, 201, 301, 401, 501, 601, 701, 801, 901, 1000]);
});
