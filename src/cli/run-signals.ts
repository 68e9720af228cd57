import type { ExecProcess } from '../machine/guest-api.ts';
import { signalExitCode } from './command/stop-signals.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const GUEST_SIGINT = 2;

/**
 * What `terrarium run` does about signals: the first Ctrl-C goes to the command, which may clean up; a second one, and
 * every other signal, ends everything.
 */
export class RunSignals {
  /** Aborted when everything is to end. */
  readonly everything = new AbortController();
  private command: Pick<ExecProcess, 'kill'> | null = null;
  private code: number | null = null;
  private readonly listeners = new Map<NodeJS.Signals, () => void>();

  constructor() {
    for (const signal of SIGNALS) {
      const listener = (): void => this.take(signal);
      this.listeners.set(signal, listener);
      process.on(signal, listener);
    }
  }

  /** What to end with after a signal; null before one. */
  get exitCode(): number | null {
    return this.code;
  }

  /** The command that gets the first Ctrl-C; null once it has ended. */
  set running(command: Pick<ExecProcess, 'kill'> | null) {
    this.command = command;
  }

  stop(): void {
    for (const [signal, listener] of this.listeners) process.off(signal, listener);
  }

  private take(signal: (typeof SIGNALS)[number]): void {
    const isFirst = this.code === null;
    this.code ??= signalExitCode(signal);
    if (signal === 'SIGINT' && isFirst && this.command !== null) this.command.kill(GUEST_SIGINT);
    else this.everything.abort();
  }
}
