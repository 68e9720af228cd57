import { describe, expect, it, vi } from 'vitest';
import { FailureError } from '../shared/result.ts';
import type { Command, CommandEvents } from './agent/session.ts';
import { Commands } from './commands.ts';
import { CommandNotRun } from './guest-api.ts';
import type { GuestLink } from './guest-link.ts';
import type { ExecEvent } from './protocol.ts';

/** A link whose agent comes when the test lets it, and what became of it. */
function commands(): {
  commands: Commands;
  events: [number, ExecEvent][];
  begin: () => Promise<void>;
  refuse: (cause: Error) => Promise<void>;
  of: () => CommandEvents;
  asked: string[];
} {
  const events: [number, ExecEvent][] = [];
  const asked: string[] = [];
  const starts: { resolve(command: Command): void; reject(cause: Error): void; events: CommandEvents }[] = [];
  const link = {
    start: (_: unknown, heard: CommandEvents) =>
      new Promise<Command>((resolve, reject) => {
        starts.push({ resolve, reject, events: heard });
      }),
  } as unknown as GuestLink;
  const command: Command = {
    input: (bytes) => asked.push(`input ${bytes.byteLength}`),
    endInput: () => asked.push('end'),
    took: (stream, bytes) => asked.push(`took ${stream} ${bytes}`),
    signal: (number) => asked.push(`signal ${number}`),
    resize: (columns, rows) => asked.push(`size ${columns}x${rows}`),
  };
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    commands: new Commands(link, (exec, event) => events.push([exec, event])),
    events,
    asked,
    of: () => starts.at(-1)!.events,
    begin: () => {
      starts.at(-1)!.resolve(command);
      return settle();
    },
    refuse: (cause) => {
      starts.at(-1)!.reject(cause);
      return settle();
    },
  };
}

describe('the commands of a machine', () => {
  it('hear what was asked of them before they ran, in order, and what is asked later', async () => {
    const { commands: all, begin, asked } = commands();
    all.start(3, { argv: ['cat'] });
    all.take({ t: 'exec-input', exec: 3, bytes: Uint8Array.of(1, 2) });
    all.take({ t: 'exec-input', exec: 3, bytes: null });
    all.take({ t: 'exec-signal', exec: 3, signal: 9 });
    all.take({ t: 'exec-signal', exec: 4, signal: 9 });
    expect(asked).toEqual([]);
    await begin();
    all.take({ t: 'exec-resize', exec: 3, columns: 80, rows: 25 });
    all.take({ t: 'exec-took', exec: 3, stream: 'stderr', bytes: 5 });
    expect(asked).toEqual(['input 2', 'end', 'signal 9', 'size 80x25', 'took stderr 5']);
  });

  it('tell their life to who started them, and have one end', async () => {
    const { commands: all, begin, of, events, asked } = commands();
    all.start(3, { argv: ['cat'] });
    await begin();
    of().started();
    of().output('stdout', Uint8Array.of(1));
    of().ended({ kind: 'exited', code: 0 });
    of().lost(new FailureError('guest-unresponsive', 'x'));
    expect(events.map(([exec, { kind }]) => [exec, kind])).toEqual([
      [3, 'started'],
      [3, 'output'],
      [3, 'ended'],
    ]);
    all.take({ t: 'exec-signal', exec: 3, signal: 9 });
    expect(asked).toEqual([]);
  });

  it('that could not be started say why, with the exit code a shell would give', async () => {
    const { commands: all, refuse, events } = commands();
    all.start(1, { argv: ['x'] });
    await refuse(new CommandNotRun('not-found', 'No.', 127));
    all.start(2, { argv: ['x'] });
    await refuse(new FailureError('busy', 'Later.'));
    const complain = vi.spyOn(console, 'error').mockReturnValue(undefined);
    all.start(3, { argv: ['x'] });
    await refuse(new TypeError('a bug'));
    expect(complain).toHaveBeenCalledOnce();
    complain.mockRestore();
    expect(events.map(([, event]) => event)).toEqual([
      { kind: 'refused', code: 'not-found', message: 'No.', exitCode: 127 },
      { kind: 'refused', code: 'busy', message: 'Later.', exitCode: null },
      { kind: 'refused', code: 'internal', message: expect.stringContaining('a bug'), exitCode: null },
    ]);
  });
});
