import { afterEach, describe, expect, it, vi } from 'vitest';
import { RunSignals } from './run-signals.ts';

describe('signals to terrarium run', () => {
  let signals: RunSignals;
  afterEach(() => signals.stop());
  const begin = () => {
    signals = new RunSignals();
    const kill = vi.fn();
    const isAborted = (): boolean => signals.everything.signal.aborted;
    return { kill, isAborted };
  };

  it('pass the first Ctrl-C to the command; the second ends everything', () => {
    const { kill, isAborted } = begin();
    signals.running = { kill };
    process.emit('SIGINT', 'SIGINT');
    expect(kill.mock.calls).toEqual([[2]]);
    expect([signals.exitCode, isAborted()]).toEqual([130, false]);
    process.emit('SIGINT', 'SIGINT');
    expect(kill).toHaveBeenCalledTimes(1);
    expect([signals.exitCode, isAborted()]).toEqual([130, true]);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('end everything with %s while no command runs', (signal, exitCode) => {
    const { isAborted } = begin();
    process.emit(signal, signal);
    expect([signals.exitCode, isAborted()]).toEqual([exitCode, true]);
  });

  it('end everything with SIGTERM while a command runs, and keep the first exit code', () => {
    const { kill, isAborted } = begin();
    signals.running = { kill };
    process.emit('SIGTERM', 'SIGTERM');
    process.emit('SIGINT', 'SIGINT');
    expect([signals.exitCode, isAborted(), kill.mock.calls.length]).toEqual([143, true, 0]);
  });

  it('are nobody’s after the run', () => {
    const before = process.listenerCount('SIGINT');
    begin();
    expect(process.listenerCount('SIGINT')).toBe(before + 1);
    signals.stop();
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});
