import { describe, expect, it } from 'vitest';
import { FailureError } from '../../../shared/result.ts';
import { powerNotObeyed, restoreFailed, restoreNotNoted, restoreRefused } from './session-failures.ts';

const full = new FailureError('disk-full', 'The disk is full.');

describe('what a person is told when a job failed', () => {
  it('keeps the code and says why', () => {
    for (const failure of [
      restoreRefused('web', full),
      restoreFailed('web', true, full),
      restoreNotNoted('web', full),
      powerNotObeyed('web', 'off', full),
    ]) {
      expect(failure).toMatchObject({ code: 'disk-full', cause: full });
      expect(failure.message).toContain('The disk is full.');
      expect(failure.message).toContain('web');
    }
  });

  it('promises that the VM goes on only where it does', () => {
    expect(restoreFailed('web', true, full).message).toMatch(/web goes on where it was before\.$/);
    expect(restoreFailed('web', false, full).message).toBe('The snapshot was not restored: The disk is full.');
  });

  it('names the button that tries again', () => {
    expect(powerNotObeyed('web', 'off', full).message).toContain('choose “Shut down” to try again');
    expect(powerNotObeyed('web', 'reboot', full).message).toContain('choose “Resume” to try again');
  });
});
