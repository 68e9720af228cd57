import { describe, expect, it } from 'vitest';
import type { RunOutcome } from '../headless/machine.ts';
import { runDocument } from './run-document.ts';

function outcome(change: Partial<RunOutcome>): RunOutcome {
  const nothing = Buffer.alloc(0);
  const result = { kind: 'exited', code: 7 } as const;
  return { result, exitCode: 7, stdout: nothing, stderr: nothing, isTruncated: false, durationMs: 12.4, ...change };
}

describe('the document of terrarium run --json', () => {
  it('has text where the output is text', () => {
    const texts = { stdout: Buffer.from('ü\0\n'), stderr: Buffer.from('err') };
    expect(runDocument(outcome(texts), 7, { id: 'st-1', name: 's' }, ['A problem.'])).toEqual({
      exitCode: 7,
      signal: null,
      timedOut: false,
      stdout: 'ü\0\n',
      stderr: 'err',
      encoding: 'utf-8',
      truncated: false,
      durationMs: 12,
      snapshot: { id: 'st-1', name: 's' },
      problems: ['A problem.'],
    });
  });

  it('has base64 of both where one is not', () => {
    const mixed = { stdout: Buffer.from([0xff, 0]), stderr: Buffer.from('err') };
    expect(runDocument(outcome(mixed), 7, null, [])).toMatchObject({
      stdout: '/wA=',
      stderr: 'ZXJy',
      encoding: 'base64',
    });
  });

  it('is text although a character was cut in two', () => {
    for (const cut of [1, 2, 3]) {
      const stdout = Buffer.from('ab😀').subarray(0, -cut);
      const document = runDocument(outcome({ stdout, isTruncated: true }), 0, null, []);
      expect(document).toMatchObject({ stdout: 'ab', encoding: 'utf-8', truncated: true });
      expect(runDocument(outcome({ stdout }), 0, null, [])).toMatchObject({ encoding: 'base64' });
    }
  });

  it('says how a command ended that did not exit', () => {
    const killed = outcome({ result: { kind: 'signalled', signal: 9 } });
    expect(runDocument(killed, 137, null, [])).toMatchObject({ exitCode: 137, signal: 9, timedOut: false });
    const late = outcome({ result: { kind: 'timed-out' } });
    expect(runDocument(late, 124, null, [])).toMatchObject({ exitCode: 124, signal: null, timedOut: true });
  });
});
