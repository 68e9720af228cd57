import { FailureError } from '../shared/result.ts';
import type { Command } from './agent/session.ts';
import { CommandNotRun, type ExecRequest } from './guest-api.ts';
import type { GuestLink } from './guest-link.ts';
import type { ExecEvent, ToWorkerExec } from './protocol.ts';

interface Entry {
  command: Command | null;
  /** What was asked of it before it had started. */
  readonly early: ToWorkerExec[];
}

/** The programs that clients of this machine run in its guest, by the numbers the clients gave them. */
export class Commands {
  private readonly entries = new Map<number, Entry>();
  private readonly link: GuestLink;
  private readonly post: (exec: number, event: ExecEvent) => void;

  constructor(link: GuestLink, post: (exec: number, event: ExecEvent) => void) {
    this.link = link;
    this.post = post;
  }

  start(exec: number, request: ExecRequest): void {
    const entry: Entry = { command: null, early: [] };
    this.entries.set(exec, entry);
    const end = (event: ExecEvent): void => {
      if (this.entries.delete(exec)) this.post(exec, event);
    };
    const refuse = (cause: unknown): void => {
      if (!(cause instanceof FailureError)) console.error('a command could not be started:', cause);
      const { code, message } =
        cause instanceof FailureError ? cause : { code: 'internal' as const, message: String(cause) };
      end({ kind: 'refused', code, message, exitCode: cause instanceof CommandNotRun ? cause.exitCode : null });
    };
    const starting = this.link.start(request, {
      started: () => this.post(exec, { kind: 'started' }),
      output: (stream, bytes) => this.post(exec, { kind: 'output', stream, bytes }),
      taken: (bytes) => this.post(exec, { kind: 'taken', bytes }),
      refused: refuse,
      ended: (result) => end({ kind: 'ended', result }),
      lost: ({ code, message }) => end({ kind: 'lost', code, message }),
    });
    starting.then((command) => {
      entry.command = command;
      for (const message of entry.early.splice(0)) apply(command, message);
    }, refuse);
  }

  /** What the client asks of a program; one that has ended does not mind. */
  take(message: ToWorkerExec): void {
    const entry = this.entries.get(message.exec);
    if (entry?.command) apply(entry.command, message);
    else entry?.early.push(message);
  }
}

function apply(command: Command, message: ToWorkerExec): void {
  switch (message.t) {
    case 'exec-input':
      if (message.bytes === null) command.endInput();
      else command.input(message.bytes);
      break;
    case 'exec-took':
      command.took(message.stream, message.bytes);
      break;
    case 'exec-signal':
      command.signal(message.signal);
      break;
    case 'exec-resize':
      command.resize(message.columns, message.rows);
      break;
  }
}
