import { describe, expect, it } from 'vitest';
import { sessionTone, sessionWords } from './session-words.ts';

describe('what a session is called', () => {
  it('names the state when nothing else goes on', () => {
    expect(sessionWords({ kind: 'paused' }, null)).toBe('paused');
    expect(sessionTone({ kind: 'paused' }, null)).toBe('paused');
  });

  it('names the job while the state moves through its steps', () => {
    expect(sessionWords({ kind: 'snapshotting', then: 'paused' }, 'suspending')).toBe('suspending…');
    expect(sessionTone({ kind: 'paused' }, 'suspending')).toBe('busy');
  });

  it('shows states that pass by themselves as busy', () => {
    expect(sessionTone({ kind: 'starting' }, null)).toBe('busy');
    expect(sessionTone({ kind: 'failed', message: 'no' }, null)).toBe('failed');
  });
});
