import { afterEach, describe, expect, it, vi } from 'vitest';
import { reportBug } from './run-cli.ts';

describe('a bug', () => {
  afterEach(() => vi.restoreAllMocks());

  it('is told without what a terminal would obey, as a failure of Terrarium', () => {
    const written: unknown[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(text) > 0);
    expect(reportBug(['run'], new Error('the guest said \u001b]0;pwned\u0007\u009b2J'))).toBe(125);
    const told = written.join('');
    expect(told).toContain('the guest said ]0;pwned2J');
    expect(told.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});
