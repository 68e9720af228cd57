import { describe, expect, it } from 'vitest';
import { LOG_LINE_CHARS_MAX, LOG_LINES_MAX, LogRing, recordConsole } from './log-ring.ts';

const AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

describe('LogRing', () => {
  it('keeps lines in their order', () => {
    const ring = new LogRing(() => AT_MS);
    ring.add('info', 'one');
    ring.add('error', 'two');
    expect(ring.lines()).toEqual([
      { at: '2026-01-02T03:04:05.000Z', level: 'info', text: 'one' },
      { at: '2026-01-02T03:04:05.000Z', level: 'error', text: 'two' },
    ]);
  });

  it('forgets the oldest, and cuts what is too long', () => {
    const ring = new LogRing(() => AT_MS);
    for (let index = 0; index < LOG_LINES_MAX + 7; index += 1) ring.add('info', String(index));
    ring.add('info', 'x'.repeat(LOG_LINE_CHARS_MAX * 3));
    const lines = ring.lines();
    expect(lines).toHaveLength(LOG_LINES_MAX);
    expect(lines[0]?.text).toBe('8');
    expect(lines.at(-1)?.text).toHaveLength(LOG_LINE_CHARS_MAX + 1);
  });
});

describe('recordConsole', () => {
  it('hears what is said, and lets it be said', () => {
    const said: unknown[][] = [];
    const say = (...parts: unknown[]): void => void said.push(parts);
    const logger = { log: say, info: say, warn: say, error: say };
    const ring = new LogRing(() => AT_MS);
    recordConsole(logger, ring);
    logger.warn('%s is near', 'the end', { at: 3 });
    logger.error(new Error('gone'));
    expect(said).toHaveLength(2);
    expect(ring.lines().map(({ level }) => level)).toEqual(['warning', 'error']);
    expect(ring.lines()[0]?.text).toBe('the end is near { at: 3 }');
    expect(ring.lines()[1]?.text).toContain('Error: gone');
  });
});
