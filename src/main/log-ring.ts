import { format } from 'node:util';

/** What a person sends with a report is read by people: more than this is not. */
export const LOG_LINES_MAX = 1000;
/** A stack fits; what a guest could have blown up does not. */
export const LOG_LINE_CHARS_MAX = 2000;

export type LogLevel = 'info' | 'warning' | 'error';

export interface LogLine {
  /** ISO 8601. */
  readonly at: string;
  readonly level: LogLevel;
  readonly text: string;
}

/** The last lines that were logged, for a diagnostics file. Nothing is kept when the app ends. */
export class LogRing {
  private readonly ring: LogLine[] = [];
  private next = 0;
  private readonly now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.now = now;
  }

  add(level: LogLevel, text: string): void {
    const cut = text.length > LOG_LINE_CHARS_MAX ? `${text.slice(0, LOG_LINE_CHARS_MAX)}…` : text;
    this.ring[this.next] = { at: new Date(this.now()).toISOString(), level, text: cut };
    this.next = (this.next + 1) % LOG_LINES_MAX;
  }

  /** Oldest first. */
  lines(): readonly LogLine[] {
    return this.ring.length < LOG_LINES_MAX
      ? [...this.ring]
      : [...this.ring.slice(this.next), ...this.ring.slice(0, this.next)];
  }
}

type Logger = Pick<Console, 'log' | 'info' | 'warn' | 'error'>;

/** Lets the ring hear what goes to the console, which says it as before. */
export function recordConsole(console: Logger, ring: LogRing): void {
  const levels = { log: 'info', info: 'info', warn: 'warning', error: 'error' } as const;
  for (const [name, level] of Object.entries(levels) as [keyof typeof levels, LogLevel][]) {
    const say = console[name].bind(console);
    console[name] = (...parts: unknown[]) => {
      ring.add(level, format(...parts));
      say(...parts);
    };
  }
}
