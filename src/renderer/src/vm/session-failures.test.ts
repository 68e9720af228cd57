import { describe, expect, it } from 'vitest';
import { FailureError } from '../../../shared/result.ts';
import { powerNotObeyed, restoreFailed, restoreNotNoted, restoreRefused, rewording } from './session-failures.ts';

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

  it('passes what succeeds on, and puts a failure in the words asked for', async () => {
    await expect(rewording(Promise.resolve(5), (caught) => restoreRefused('web', caught))).resolves.toBe(5);
    await expect(rewording(Promise.reject(full), (caught) => restoreRefused('web', caught))).rejects.toMatchObject({
      code: 'disk-full',
      message: expect.stringContaining('was not restored'),
    });
  });

  it('names the button that tries again', () => {
    expect(powerNotObeyed('web', 'off', full).message).toContain('choose “Shut down” to try again');
    expect(powerNotObeyed('web', 'reboot', full).message).toContain('choose “Resume” to try again');
  });
});
