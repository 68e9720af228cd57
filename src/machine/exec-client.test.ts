import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { INPUT_WINDOW_BYTES, OUTPUT_WINDOW_BYTES } from './agent/session.ts';
import { collect } from './exec.fixture.ts';
import { ExecClient } from './exec-client.ts';
import { CommandNotRun, type ExecOptions } from './guest-api.ts';
import type { ToWorker } from './protocol.ts';

const EXITED = { kind: 'exited', code: 0 } as const;

function begin(options: ExecOptions = {}): {
  client: ExecClient;
  sent: ToWorker[];
  of: (t: ToWorker['t']) => ToWorker[];
} {
  const sent: ToWorker[] = [];
  const client = new ExecClient(7, { argv: ['true'], hasStdin: true }, options, (message) => sent.push(message));
  return { client, sent, of: (t) => sent.filter((message) => message.t === t) };
}

const inputBytes = (sent: readonly ToWorker[]): number =>
  sent.reduce((sum, message) => sum + (message.t === 'exec-input' ? (message.bytes?.byteLength ?? 0) : 0), 0);

describe('a command’s client', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('asks for the command and brings its life', async () => {
    const { client, sent } = begin();
    expect(sent).toEqual([{ t: 'exec', exec: 7, request: { argv: ['true'], hasStdin: true } }]);
    expect(client.take({ kind: 'started' })).toBe(false);
    await client.started;
    client.take({ kind: 'output', stream: 'stdout', bytes: Uint8Array.of(1) });
    client.take({ kind: 'output', stream: 'stderr', bytes: Uint8Array.of(2) });
    expect(client.take({ kind: 'ended', result: EXITED })).toBe(true);
    expect(await client.result).toEqual(EXITED);
    expect([await collect(client.stdout), await collect(client.stderr)]).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
  });

  it('tells the guest what was read only when it was', async () => {
    const { client, of } = begin();
    const piece = OUTPUT_WINDOW_BYTES / 4;
    for (let count = 0; count < 4; count += 1) {
      client.take({ kind: 'output', stream: 'stdout', bytes: new Uint8Array(piece) });
    }
    await Promise.resolve();
    expect(of('exec-took')).toEqual([]);
    const reader = client.stdout.getReader();
    await reader.read();
    expect(of('exec-took')).toEqual([{ t: 'exec-took', exec: 7, stream: 'stdout', bytes: piece }]);
    await reader.cancel();
    expect(of('exec-took').reduce((sum, took) => sum + (took.t === 'exec-took' ? took.bytes : 0), 0)).toBe(
      OUTPUT_WINDOW_BYTES,
    );
    client.take({ kind: 'ended', result: EXITED });
  });

  it('sends no more input than the guest has room for', async () => {
    const { client, sent, of } = begin();
    const writer = client.stdin.getWriter();
    const whole = INPUT_WINDOW_BYTES + 1000;
    const written = writer.write(new Uint8Array(whole));
    const closed = writer.close();
    await vi.advanceTimersByTimeAsync(0);
    expect(inputBytes(sent)).toBe(INPUT_WINDOW_BYTES);
    client.take({ kind: 'taken', bytes: 600 });
    await vi.advanceTimersByTimeAsync(0);
    expect(inputBytes(sent)).toBe(INPUT_WINDOW_BYTES + 600);
    client.take({ kind: 'taken', bytes: 600 });
    await written;
    await closed;
    expect(inputBytes(sent)).toBe(whole);
    expect(of('exec-input').at(-1)).toEqual({ t: 'exec-input', exec: 7, bytes: null });
    client.take({ kind: 'ended', result: EXITED });
  });

  it('lets a writer go when the command ends', async () => {
    const { client, sent } = begin();
    const writer = client.stdin.getWriter();
    const written = writer.write(new Uint8Array(2 * INPUT_WINDOW_BYTES));
    await vi.advanceTimersByTimeAsync(0);
    client.take({ kind: 'ended', result: EXITED });
    await written;
    await writer.write(new Uint8Array(10));
    expect(inputBytes(sent)).toBe(INPUT_WINDOW_BYTES);
  });

  it.each([
    ['timed-out', (): ExecOptions => ({ timeoutMs: 500 })],
    ['cancelled', (): ExecOptions => ({ signal: AbortSignal.abort() })],
  ] as const)('is %s: killed, and not waited for long', async (kind, options) => {
    const { client, of } = begin(options());
    await vi.advanceTimersByTimeAsync(500);
    expect(of('exec-signal')).toEqual([{ t: 'exec-signal', exec: 7, signal: 9 }]);
    client.take({ kind: 'ended', result: { kind: 'signalled', signal: 9 } });
    expect(await client.result).toEqual({ kind });

    const silent = begin(options());
    await vi.advanceTimersByTimeAsync(1500);
    expect(await silent.client.result).toEqual({ kind });
    await silent.client.started;
    // What the guest says of it later changes nothing; its end is still its end.
    silent.client.take({ kind: 'output', stream: 'stdout', bytes: Uint8Array.of(1) });
    expect(silent.client.take({ kind: 'refused', code: 'io', message: 'x', exitCode: null })).toBe(true);
    expect(await silent.client.result).toEqual({ kind });
  });

  it('does not kill what has ended before', async () => {
    const control = new AbortController();
    const { client, of } = begin({ timeoutMs: 500, signal: control.signal });
    client.take({ kind: 'ended', result: EXITED });
    control.abort();
    await vi.advanceTimersByTimeAsync(1000);
    client.kill(15);
    client.resize(1, 1);
    expect([of('exec-signal'), of('exec-resize')]).toEqual([[], []]);
    expect(await client.result).toEqual(EXITED);
  });

  it('waits as long as it was told, however long that is', async () => {
    const { client, of } = begin({ timeoutMs: 2 ** 40 });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(of('exec-signal')).toEqual([]);
    client.take({ kind: 'ended', result: EXITED });
  });

  it('says why it could not be started', async () => {
    const { client } = begin();
    const refused = expect(client.started).rejects.toBeInstanceOf(CommandNotRun);
    expect(client.take({ kind: 'refused', code: 'not-found', message: 'No.', exitCode: 127 })).toBe(true);
    await refused;
    await expect(client.result).rejects.toMatchObject({ exitCode: 127 });
    await expect(collect(client.stdout)).rejects.toThrow('No.');
  });

  it('fails in all its parts when the machine is gone', async () => {
    const { client } = begin({ timeoutMs: 500 });
    client.take({ kind: 'started' });
    const writing = client.stdin.getWriter().write(new Uint8Array(2 * INPUT_WINDOW_BYTES));
    const reading = expect(collect(client.stderr)).rejects.toThrow('gone');
    client.fail(new Error('gone'));
    await reading;
    await writing;
    await expect(client.result).rejects.toThrow('gone');
    await expect(collect(client.stdout)).rejects.toThrow('gone');
  });
});
