import { describe, expect, it } from 'vitest';
import { CRASH_WINDOW_MS, PageCrashes, RELOADS_MAX } from './page-crashes.ts';

describe('PageCrashes', () => {
  it('reloads a few times, then asks', () => {
    const crashes = new PageCrashes();
    const answers = Array.from({ length: RELOADS_MAX + 2 }, (_, index) => crashes.note(index * 1000));
    expect(answers).toEqual([...Array.from({ length: RELOADS_MAX }, () => 'reload'), 'ask', 'ask']);
  });

  it('forgets crashes of long ago', () => {
    const crashes = new PageCrashes();
    for (let index = 0; index < 20; index += 1) expect(crashes.note(index * CRASH_WINDOW_MS)).toBe('reload');
  });
});
