import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { endQuietlyWithReader } from './broken-pipe.ts';

describe('a reader that goes away', () => {
  const streams = () => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const pipe = endQuietlyWithReader(stdout, stderr);
    return { stdout, stderr, pipe };
  };
  const failure = (code: string): Error => Object.assign(new Error(`write ${code}`), { code });
  const onStop = vi.fn();
  afterEach(() => {
    process.off('SIGTERM', onStop);
    onStop.mockClear();
  });

  it.each(['EPIPE', 'ERR_STREAM_DESTROYED', 'EIO'])('stops the command once, politely: %s', (code) => {
    process.on('SIGTERM', onStop);
    const { stdout, pipe } = streams();
    expect(pipe.brokenExitCode()).toBeNull();
    stdout.emit('error', failure(code));
    stdout.emit('error', failure(code));
    expect(onStop).toHaveBeenCalledOnce();
    expect(pipe.brokenExitCode()).toBe(141);
  });

  it('does not matter for complaints', () => {
    process.on('SIGTERM', onStop);
    const { stderr, pipe } = streams();
    stderr.emit('error', failure('EIO'));
    expect([onStop.mock.calls.length, pipe.brokenExitCode()]).toEqual([0, null]);
  });

  it('is not what another failure is', () => {
    const { stdout, stderr } = streams();
    for (const stream of [stdout, stderr]) {
      expect(() => stream.emit('error', failure('ENOSPC'))).toThrow('write ENOSPC');
    }
  });
});
